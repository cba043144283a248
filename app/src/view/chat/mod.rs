//! The conversation, which grows as replies are generated, and the boxes around it.

mod editor;
mod exchange;
mod message;
mod reading;

use protocol::ModelDescription;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};

use super::tokens;
use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::{ChatToken, Part, State, Tab};
use crate::texts::chat as texts;
use exchange::{Context, ExchangeView, Templates};

/// The log scrolls along if it is this near to its end, in pixels.
const FOLLOW_WITHIN: i32 = 60;

/// The region of the chat.
#[derive(Debug)]
pub(super) struct ChatView {
    no_chat: Slot,
    no_chat_reason: Slot,
    head: Slot,
    system: HtmlTextAreaElement,
    system_facts: Slot,
    system_note: Slot,
    show_tokens: HtmlInputElement,
    think_box: Slot,
    think: HtmlInputElement,
    legend: Slot,
    composer: Slot,
    empty: Slot,
    log: Slot,
    input: HtmlTextAreaElement,
    begun: HtmlTextAreaElement,
    settings_facts: Slot,
    send: Slot,
    stop: Slot,
    clear: Slot,
    cleared: Slot,
    templates: Templates,
    shown: Vec<ExchangeView>,
}

impl ChatView {
    pub(super) fn new(page: &Page) -> Result<ChatView, String> {
        Ok(ChatView {
            no_chat: page.slot("chat-none")?,
            no_chat_reason: page.slot("chat-none-why")?,
            head: page.slot("chat-head")?,
            system: page.text_area("chat-system")?,
            system_facts: page.slot("chat-system-facts")?,
            system_note: page.slot("chat-system-note")?,
            show_tokens: page.input("show-tokens")?,
            think_box: page.slot("chat-think-box")?,
            think: page.input("chat-think")?,
            legend: page.slot("chat-legend")?,
            composer: page.slot("composer")?,
            empty: page.slot("chat-empty")?,
            log: page.slot("chat-log")?,
            input: page.text_area("chat-input")?,
            begun: page.text_area("chat-begun")?,
            settings_facts: page.slot("chat-settings-facts")?,
            send: page.slot("chat-send")?,
            stop: page.slot("chat-stop")?,
            clear: page.slot("chat-clear")?,
            cleared: page.slot("chat-cleared")?,
            templates: Templates {
                exchange: page.template("exchange-template")?,
                token: tokens::template(page)?,
                edit: page.template("edit-template")?,
            },
            shown: Vec::new(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let model = state.engine.model.as_ref();
        let base = model.filter(|model| !model.chat);
        self.no_chat.show(base.is_some());
        self.no_chat_reason.text(&base.map(why_not).unwrap_or_default());
        let exchanges = &state.chat.exchanges;
        let cleared = !state.chat.cleared.is_empty() && exchanges.is_empty();
        self.cleared.show(cleared);
        self.empty.show(base.is_none() && exchanges.is_empty() && !cleared);
        self.log.show(!exchanges.is_empty());
        self.render_boxes(state);
        // A hidden log cannot scroll: it is rendered once it is shown.
        if state.tab == Tab::Chat {
            // On a narrow screen, the column scrolls instead of the log.
            let log: Element = self.log.element().clone().into();
            let column = log.closest(".column").ok().flatten();
            let hosts: Vec<(Element, i32, i32)> = column
                .into_iter()
                .chain([log])
                .map(|host| {
                    let height = host.scroll_height();
                    let below = height - host.scroll_top() - host.client_height();
                    (host, height, below)
                })
                .collect();
            self.render_log(state);
            for (host, height, below) in hosts {
                if below < FOLLOW_WITHIN && host.scroll_height() != height {
                    host.set_scroll_top(host.scroll_height());
                }
            }
        }
    }

    /// Renders the boxes and buttons around the log.
    fn render_boxes(&self, state: &State) {
        let chat = &state.chat;
        let model = state.engine.model.as_ref();
        let chats = model.is_none_or(|model| model.chat);
        self.head.show(chats || !chat.exchanges.is_empty());
        self.composer.show(chats);
        write(&self.input, &chat.input);
        write(&self.system, &chat.system);
        write(&self.begun, &chat.begun);
        self.system_facts.text(&texts::system_facts(&chat.system));
        self.system_note.text(match model {
            Some(model) if model.chat && !model.system_message => {
                texts::NO_SYSTEM_MESSAGE.get()
            }
            _ => texts::SYSTEM_MESSAGE.get(),
        });
        let begun = !chat.begun.is_empty();
        let (temperature, most) =
            (state.knobs.chat_temperature, state.knobs.max_new_tokens);
        self.settings_facts.text(&texts::settings_facts(temperature, most, begun));
        if self.show_tokens.checked() != chat.shows_tokens {
            self.show_tokens.set_checked(chat.shows_tokens);
        }
        let thinks = state.thinks();
        self.think_box.show(thinks.is_some());
        self.think.set_checked(thinks == Some(true));
        self.legend.show(chat.shows_tokens && !chat.exchanges.is_empty());
        let chatting = state.requests.chatting();
        dom::show_one(&self.send, &self.stop, chatting);
        let ready = state.engine.is_ready() && !chat.input.trim().is_empty();
        self.send.state("aria-disabled", !ready);
        self.clear.state("aria-disabled", chat.exchanges.is_empty());
    }

    fn render_log(&mut self, state: &State) {
        let exchanges = &state.chat.exchanges;
        let same = exchanges
            .iter()
            .zip(&self.shown)
            .take_while(|(exchange, view)| exchange.key == view.key)
            .count();
        for view in self.shown.drain(same..) {
            view.article.remove();
        }
        let model = state.engine.model_id();
        let locked = state.requests.chatting();
        let can_continue =
            !locked && state.engine.is_ready() && state.chat.can_continue(model);
        let edited = state.chat.edited();
        for (index, exchange) in exchanges.iter().enumerate() {
            if index == self.shown.len() {
                let view = ExchangeView::new(&self.templates, index, exchange);
                let Ok(view) = view else { return };
                let appended = self.log.element().append_child(&view.article);
                debug_assert!(appended.is_ok(), "a copy has no other place");
                self.shown.push(view);
            }
            let newest = index + 1 == exchanges.len();
            let focus = state.chat.focus.filter(|at| at.exchange == index);
            let context = Context {
                writing: newest && locked,
                locked,
                shows_tokens: state.chat.shows_tokens,
                can_continue: newest && can_continue,
                editing: edited
                    .filter(|(at, _)| *at == index)
                    .map(|(_, editing)| editing),
                focus: focus.map(|at| at.token),
                model,
            };
            self.shown[index].render(&self.templates, exchange, context);
        }
    }

    pub(super) fn focus_token(&self, at: ChatToken) {
        if let Some(view) = self.shown.get(at.exchange) {
            view.focus_token(at.token);
        }
    }

    pub(super) fn focus_input(&self) {
        dom::focus(&self.input);
    }

    pub(super) fn focus_editor(&self) {
        self.shown.iter().for_each(ExchangeView::focus_editor);
    }

    pub(super) fn focus_message(&self, index: usize, which: Part) {
        if let Some(view) = self.shown.get(index) {
            view.focus_message(which);
        }
    }

    pub(super) fn focus_show_tokens(&self) {
        dom::focus(&self.show_tokens);
    }
}

/// Writes a box's text. Writing the same again would move the cursor.
fn write(area: &HtmlTextAreaElement, text: &str) {
    if area.value() != text {
        area.set_value(text);
    }
}

/// Why a model cannot chat, as a sentence.
fn why_not(model: &ModelDescription) -> String {
    match &model.chat_fault {
        Some(fault) => texts::broken_template(&model.name, fault),
        None => texts::base_model(&model.name),
    }
}
