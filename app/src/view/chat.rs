//! The conversation, appended to as it is written.

use web_sys::{Element, HtmlElement, HtmlTextAreaElement};

use super::tokens::{self, Run};
use crate::dom::{self, Slot};
use crate::elements::{ExchangeParts, Page, Template};
use crate::format;
use crate::state::{ChatToken, Exchange, State, Tab};
use crate::words;

/// How near to the end the log must be for it to follow what is written, in pixels.
const NEAR: i32 = 60;

/// The region of the chat.
#[derive(Debug)]
pub(super) struct ChatView {
    none: Slot,
    none_name: Slot,
    composer: Slot,
    empty: Slot,
    log: Slot,
    input: HtmlTextAreaElement,
    send: Slot,
    stop: Slot,
    clear: Slot,
    exchange: Template,
    token: Template,
    drawn: Vec<Drawn>,
    focused: Option<Element>,
}

/// An exchange that is in the log.
#[derive(Debug)]
struct Drawn {
    key: u32,
    /// Which variant of the reply its tokens are.
    variant: usize,
    parts: ExchangeParts,
    reply: Run<usize>,
    seen: Run<usize>,
}

impl ChatView {
    pub(super) fn new(page: &Page) -> Result<ChatView, String> {
        Ok(ChatView {
            none: page.slot("chat-none")?,
            none_name: page.slot("chat-none-name")?,
            composer: page.slot("composer")?,
            empty: page.slot("chat-empty")?,
            log: page.slot("chat-log")?,
            input: page.text_area("chat-input")?,
            send: page.slot("chat-send")?,
            stop: page.slot("chat-stop")?,
            clear: page.slot("chat-clear")?,
            exchange: page.template("exchange-template")?,
            token: tokens::template(page)?,
            drawn: Vec::new(),
            focused: None,
        })
    }

    pub(super) fn draw(&mut self, state: &State) {
        let model = state.engine.model.as_ref();
        let base = model.filter(|model| !model.chat);
        self.none.show(base.is_some());
        self.none_name.text(base.map_or("", |model| &model.name));
        self.composer.show(base.is_none());
        let exchanges = &state.chat.exchanges;
        self.empty.show(base.is_none() && exchanges.is_empty());
        self.log.show(!exchanges.is_empty());
        if self.input.value() != state.chat.input {
            self.input.set_value(&state.chat.input);
        }
        let chatting = state.requests.chatting();
        self.send.show(!chatting);
        self.stop.show(chatting);
        let ready = state.engine.is_ready() && !state.chat.input.trim().is_empty();
        self.send.state("aria-disabled", !ready);
        self.clear.state("aria-disabled", exchanges.is_empty());

        // What is hidden has no place to scroll to; it is drawn when it is shown.
        if state.tab == Tab::Chat {
            let log = self.log.element().clone();
            let below = log.scroll_height() - log.scroll_top() - log.client_height();
            if self.draw_log(state) && below < NEAR {
                log.set_scroll_top(log.scroll_height());
            }
            self.point_at(state);
        }
    }

    pub(super) fn focus_input(&self) {
        super::panel::focus(&self.input);
    }

    /// Whether anything was added.
    fn draw_log(&mut self, state: &State) -> bool {
        let exchanges = &state.chat.exchanges;
        let same = exchanges
            .iter()
            .zip(&self.drawn)
            .take_while(|(exchange, drawn)| exchange.key == drawn.key)
            .count();
        for drawn in self.drawn.drain(same..) {
            drawn.parts.article.remove();
        }
        let mut grown = false;
        for (index, exchange) in exchanges.iter().enumerate() {
            if index == self.drawn.len() {
                let Ok(drawn) = Drawn::new(&self.exchange, index, exchange) else {
                    return grown;
                };
                let appended = self.log.element().append_child(&drawn.parts.article);
                debug_assert!(appended.is_ok(), "a copy has no other place");
                self.drawn.push(drawn);
                grown = true;
            }
            let newest = index + 1 == exchanges.len();
            let writing = newest && state.requests.chatting();
            grown |= self.drawn[index].draw(&self.token, exchange, newest, writing);
        }
        grown
    }

    fn point_at(&mut self, state: &State) {
        let focused = state.chat.focus.and_then(|at: ChatToken| {
            self.drawn.get(at.exchange)?.reply.nodes().get(at.token).cloned()
        });
        if focused == self.focused {
            return;
        }
        if let Some(element) = &self.focused {
            dom::set(element, "aria-pressed", "false");
        }
        if let Some(element) = &focused {
            dom::set(element, "aria-pressed", "true");
        }
        self.focused = focused;
    }
}

impl Drawn {
    fn new(
        template: &Template,
        index: usize,
        exchange: &Exchange,
    ) -> Result<Drawn, String> {
        let parts = ExchangeParts::new(template)?;
        dom::set(&parts.article, "data-exchange", &index.to_string());
        parts.question.text(&exchange.question);
        let host = |slot: &Slot| -> Element {
            let element: &HtmlElement = slot.element();
            element.clone().into()
        };
        let reply = Run::new(host(&parts.reply), Some("reply-token"));
        let seen = Run::new(host(&parts.seen), None);
        Ok(Drawn { key: exchange.key, variant: 0, parts, reply, seen })
    }

    /// Whether anything was added.
    fn draw(
        &mut self,
        template: &Template,
        exchange: &Exchange,
        newest: bool,
        writing: bool,
    ) -> bool {
        let reply = exchange.reply();
        let (variant, variants) = exchange.variant_of();
        if std::mem::replace(&mut self.variant, variant) != variant {
            // Another variant has other tokens under the same numbers.
            self.reply.draw(template, &[], |_| unreachable!("there are none"));
        }
        let keys: Vec<usize> = (0..reply.tokens.len()).collect();
        let grown = self
            .reply
            .draw(template, &keys, |index| &reply.tokens[index].sampled.token)
            .is_some();
        if reply.tokens.is_empty() && !reply.text.is_empty() {
            self.parts.reply.text(&reply.text);
        }
        let keys: Vec<usize> = (0..exchange.prompt.len()).collect();
        self.seen.draw(template, &keys, |index| &exchange.prompt[index]);
        self.parts.sees.show(!exchange.prompt.is_empty());
        self.parts.open.show(!exchange.prompt.is_empty() && !writing);
        self.parts.variants.show(variants > 1 && newest && !writing);
        self.parts.variant.text(&format!("{variant} of {variants}"));
        self.parts.facts.text(&facts(exchange, writing));
        self.parts.reply.state("aria-busy", writing);
        grown
    }
}

/// How long and how fast the reply was, and why it ended.
fn facts(exchange: &Exchange, writing: bool) -> String {
    let reply = exchange.reply();
    let tokens = reply.tokens.len();
    let mut parts = Vec::new();
    if tokens > 0 {
        parts.push(format::counted(tokens as u64, "token"));
    } else if writing {
        parts.push("reading the conversation…".into());
    }
    let timings = reply.timings;
    if timings.decode_tokens > 0 && timings.decode_ms > 0.0 {
        let speed =
            f64::from(timings.decode_tokens) / (f64::from(timings.decode_ms) / 1000.0);
        parts.push(format!("{} tokens/s", format::digits(speed)));
    }
    if let Some(reason) = reply.finish {
        let ending = words::ending(reason, tokens);
        if !ending.is_empty() {
            parts.push(ending.into());
        }
    }
    parts.join(" · ")
}
