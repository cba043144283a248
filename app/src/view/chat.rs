//! The conversation, which grows as replies are generated.

use protocol::ModelDescription;
use web_sys::{Element, HtmlElement, HtmlTextAreaElement};

use super::tokens::{self, TokenCursor, TokenRun};
use crate::dom::{self, Slot};
use crate::elements::{ExchangeElements, Page, Template};
use crate::state::{ChatToken, Exchange, State, Tab};
use crate::texts::chat as texts;

/// The log scrolls along if it is this near to its end, in pixels.
const FOLLOW_WITHIN: i32 = 60;

/// The region of the chat.
#[derive(Debug)]
pub(super) struct ChatView {
    no_chat: Slot,
    no_chat_reason: Slot,
    composer: Slot,
    empty: Slot,
    log: Slot,
    input: HtmlTextAreaElement,
    send: Slot,
    stop: Slot,
    clear: Slot,
    cleared: Slot,
    exchange: Template,
    token: Template,
    shown: Vec<ExchangeView>,
}

/// An exchange in the log.
#[derive(Debug)]
struct ExchangeView {
    key: u32,
    elements: ExchangeElements,
    reply: TokenRun,
    prompt: TokenRun,
    cursor: TokenCursor,
}

impl ChatView {
    pub(super) fn new(page: &Page) -> Result<ChatView, String> {
        Ok(ChatView {
            no_chat: page.slot("chat-none")?,
            no_chat_reason: page.slot("chat-none-why")?,
            composer: page.slot("composer")?,
            empty: page.slot("chat-empty")?,
            log: page.slot("chat-log")?,
            input: page.text_area("chat-input")?,
            send: page.slot("chat-send")?,
            stop: page.slot("chat-stop")?,
            clear: page.slot("chat-clear")?,
            cleared: page.slot("chat-cleared")?,
            exchange: page.template("exchange-template")?,
            token: tokens::template(page)?,
            shown: Vec::new(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let model = state.engine.model.as_ref();
        let base = model.filter(|model| !model.chat);
        self.no_chat.show(base.is_some());
        self.no_chat_reason.text(&base.map(why_not).unwrap_or_default());
        self.composer.show(base.is_none());
        let exchanges = &state.chat.exchanges;
        let cleared = !state.chat.cleared.is_empty() && exchanges.is_empty();
        self.cleared.show(cleared);
        self.empty.show(base.is_none() && exchanges.is_empty() && !cleared);
        self.log.show(!exchanges.is_empty());
        if self.input.value() != state.chat.input {
            self.input.set_value(&state.chat.input);
        }
        let chatting = state.requests.chatting();
        dom::show_one(&self.send, &self.stop, chatting);
        let ready = state.engine.is_ready() && !state.chat.input.trim().is_empty();
        self.send.state("aria-disabled", !ready);
        self.clear.state("aria-disabled", exchanges.is_empty());

        // A hidden log cannot scroll: it is rendered once it is shown.
        if state.tab == Tab::Chat {
            let log = self.log.element().clone();
            let below = log.scroll_height() - log.scroll_top() - log.client_height();
            if self.render_log(state) && below < FOLLOW_WITHIN {
                log.set_scroll_top(log.scroll_height());
            }
            for (index, view) in self.shown.iter_mut().enumerate() {
                let focus = state.chat.focus.filter(|at| at.exchange == index);
                let focus = focus.map(|at| at.token);
                view.cursor.render(view.reply.nodes(), focus, focus.or(Some(0)));
            }
        }
    }

    pub(super) fn focus_token(&self, at: ChatToken) {
        let view = self.shown.get(at.exchange);
        if let Some(node) = view.and_then(|view| view.reply.nodes().get(at.token)) {
            dom::focus(node);
            dom::scroll_to(node);
        }
    }

    pub(super) fn focus_input(&self) {
        dom::focus(&self.input);
    }

    /// Renders the log. Returns whether anything was added.
    fn render_log(&mut self, state: &State) -> bool {
        let exchanges = &state.chat.exchanges;
        let same = exchanges
            .iter()
            .zip(&self.shown)
            .take_while(|(exchange, view)| exchange.key == view.key)
            .count();
        for view in self.shown.drain(same..) {
            view.elements.article.remove();
        }
        let mut grown = false;
        for (index, exchange) in exchanges.iter().enumerate() {
            if index == self.shown.len() {
                let Ok(view) = ExchangeView::new(&self.exchange, index, exchange) else {
                    return grown;
                };
                let appended = self.log.element().append_child(&view.elements.article);
                debug_assert!(appended.is_ok(), "a copy has no other place");
                self.shown.push(view);
                grown = true;
            }
            let newest = index + 1 == exchanges.len();
            let writing = newest && state.requests.chatting();
            grown |= self.shown[index].render(&self.token, exchange, newest, writing);
        }
        grown
    }
}

impl ExchangeView {
    fn new(
        template: &Template,
        index: usize,
        exchange: &Exchange,
    ) -> Result<ExchangeView, String> {
        let elements = ExchangeElements::new(template)?;
        dom::set(&elements.article, "data-exchange", &index.to_string());
        elements.question.text(&exchange.question);
        let host = |slot: &Slot| -> Element {
            let element: &HtmlElement = slot.element();
            element.clone().into()
        };
        let reply = TokenRun::new(host(&elements.reply), Some("reply-token"));
        let prompt = TokenRun::new(host(&elements.prompt), None);
        Ok(ExchangeView {
            key: exchange.key,
            elements,
            reply,
            prompt,
            cursor: TokenCursor::default(),
        })
    }

    /// Renders the exchange. Returns whether anything was added.
    fn render(
        &mut self,
        template: &Template,
        exchange: &Exchange,
        newest: bool,
        writing: bool,
    ) -> bool {
        let reply = exchange.reply();
        let (variants, shown) = exchange.variants();
        let tokens = reply.tokens.iter().map(|token| &token.token);
        let grown = self.reply.render(template, tokens).is_some();
        // Without tokens, the text is shown instead.
        if reply.tokens.is_empty() {
            self.elements.reply.text(&reply.text);
        } else {
            self.elements.reply.forget_text();
        }
        self.prompt.render(template, exchange.prompt.iter());
        self.elements.prompt_section.show(!exchange.prompt.is_empty());
        self.elements.open.show(exchange.has_tokens() && !writing);
        self.elements.copy.show(!writing && !reply.answer().is_empty());
        self.elements.variants.show(variants.len() > 1 && newest && !writing);
        self.elements.variant.text(&texts::variant(shown, variants.len()));
        self.elements.facts.text(&facts(exchange, writing));
        self.elements.reply.state("aria-busy", writing);
        grown
    }
}

/// Why a model cannot chat, as a sentence.
fn why_not(model: &ModelDescription) -> String {
    let name = &model.name;
    match &model.chat_fault {
        Some(fault) => texts::broken_template(name, fault),
        None => texts::base_model(name),
    }
}

/// The length and speed of the reply, and why it ended.
fn facts(exchange: &Exchange, writing: bool) -> String {
    let reply = exchange.reply();
    let tokens = reply.tokens.len();
    let mut parts = Vec::new();
    if tokens > 0 {
        parts.push(texts::length(tokens));
    } else if writing {
        parts.push(texts::READING.into());
    }
    let timings = reply.timings;
    if timings.decode_tokens > 0 && timings.decode_ms > 0.0 {
        let speed =
            f64::from(timings.decode_tokens) / (f64::from(timings.decode_ms) / 1000.0);
        parts.push(texts::speed(speed));
    }
    if let Some(reason) = reply.finish {
        let ending = texts::ending(reason, tokens);
        if !ending.is_empty() {
            parts.push(ending.into());
        }
    }
    parts.join(" · ")
}
