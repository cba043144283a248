//! An exchange in the log: a question and the variant of its reply that is shown, as text or
//! token by token.

use web_sys::Element;

use super::message::MessageElements;
use super::reading::Reading;
use crate::dom::{self, Slot};
use crate::elements::{Template, part};
use crate::state::{ChatReply, Editing, Exchange, ModelId, Part};
use crate::surprise;
use crate::texts::chat as texts;
use crate::view::tokens::{TokenCursor, TokenRun};

/// The templates that an exchange is made of.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) exchange: Template,
    pub(super) token: Template,
    pub(super) edit: Template,
}

/// What an exchange is rendered for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// Its reply is being written.
    pub(super) writing: bool,
    /// Some reply is being written, so that nothing can be edited.
    pub(super) locked: bool,
    pub(super) shows_tokens: bool,
    pub(super) can_continue: bool,
    pub(super) editing: Option<&'a Editing>,
    /// The index of the token of the reply that is looked at.
    pub(super) focus: Option<usize>,
    pub(super) model: Option<ModelId>,
}

/// An exchange in the log.
#[derive(Debug)]
pub(super) struct ExchangeView {
    pub(super) key: u32,
    pub(super) article: Element,
    asked: MessageElements,
    answered: MessageElements,
    question: Slot,
    reading: Slot,
    text: Reading,
    reply: Slot,
    begun: Slot,
    tokens: TokenRun,
    heats: Vec<Option<u8>>,
    cursor: TokenCursor,
    facts: Slot,
    go_on: Slot,
    regenerate: Slot,
    open: Slot,
    sees: Slot,
    prompt: TokenRun,
}

impl ExchangeView {
    /// A new exchange for the log.
    ///
    /// # Errors
    /// Names what the template lacks.
    pub(super) fn new(
        templates: &Templates,
        index: usize,
        exchange: &Exchange,
    ) -> Result<ExchangeView, String> {
        let article = templates.exchange.copy();
        dom::set(&article, "data-exchange", &index.to_string());
        let host = |selector: &str| -> Result<Element, String> {
            Ok(part(&article, selector)?.element().clone().into())
        };
        let question = part(&article, ".question")?;
        question.text(&exchange.question);
        Ok(ExchangeView {
            key: exchange.key,
            asked: MessageElements::new(&article, Part::Question)?,
            answered: MessageElements::new(&article, Part::Reply)?,
            question,
            reading: part(&article, ".reply-text")?,
            text: Reading::new(host(".reply-text")?),
            reply: part(&article, ".reply")?,
            begun: part(&article, ".begun")?,
            tokens: TokenRun::new(host(".reply-tokens")?, Some("reply-token")),
            heats: Vec::new(),
            cursor: TokenCursor::default(),
            facts: part(&article, ".answered .facts")?,
            go_on: part(&article, ".go-on")?,
            regenerate: part(&article, ".regenerate")?,
            open: part(&article, ".open")?,
            sees: part(&article, ".sees")?,
            prompt: TokenRun::new(host(".seen")?, None),
            article,
        })
    }

    /// Renders the exchange.
    pub(super) fn render(
        &mut self,
        templates: &Templates,
        exchange: &Exchange,
        context: Context,
    ) {
        let reply = exchange.reply();
        self.render_reply(&templates.token, reply, context);
        let editing = context.editing;
        self.asked.render_editor(&templates.edit, &self.question, editing);
        self.answered.render_editor(&templates.edit, &self.reply, editing);
        self.question.show(!self.asked.is_open());
        self.asked.render_steps(exchange.versions(), context.locked);
        self.answered.render_steps(exchange.variants(), context.locked);
        self.asked.edit.show(!context.locked);
        let has_text = !reply.begun.is_empty() || !reply.written().is_empty();
        self.answered.role.text(&texts::role(&reply.writer.name));
        self.answered.copy.show(!context.writing && has_text);
        self.answered.edit.show(!context.locked && has_text);
        self.regenerate.show(!context.locked);
        self.go_on.show(context.can_continue);
        self.open.show(reply.has_tokens() && !context.locked);
        self.facts.text(&facts(reply, context));
        self.sees.show(!reply.prompt.is_empty());
        self.prompt.render(&templates.token, reply.prompt.iter());
    }

    fn render_reply(&mut self, token: &Template, reply: &ChatReply, context: Context) {
        let open = self.answered.is_open();
        self.reading.show(!context.shows_tokens && !open);
        self.reply.show(context.shows_tokens && !open);
        self.reading.state("aria-busy", context.writing);
        self.reply.state("aria-busy", context.writing);
        if !context.shows_tokens {
            self.text.render(reply.answer().trim_end());
            self.tokens.render(token, std::iter::empty());
            self.heats.clear();
            return;
        }
        self.text.render("");
        // Without tokens, there is the text.
        self.begun.text(&match reply.tokens.is_empty() {
            true => reply.answer(),
            false => reply.begun.clone(),
        });
        let tokens = reply.tokens.iter().map(|token| &token.token);
        if let Some(from) = self.tokens.render(token, tokens) {
            self.heats.truncate(from);
        }
        self.render_heat(reply, context.model);
        let (focus, nodes) = (context.focus, self.tokens.nodes());
        self.cursor.render(nodes, focus, focus.or(Some(0)));
    }

    /// Marks how surprising the tokens were to the model that wrote them.
    fn render_heat(&mut self, reply: &ChatReply, model: Option<ModelId>) {
        let own = reply.writer.model.is_some() && reply.writer.model == model;
        for (index, node) in self.tokens.nodes().iter().enumerate() {
            let bits = reply.tokens.get(index).and_then(|token| token.surprisal_bits());
            let heat = bits.filter(|_| own).map(surprise::level);
            if self.heats.get(index) == Some(&heat) {
                continue;
            }
            match heat {
                Some(level) => dom::set(node, "data-surprise", &level.to_string()),
                None => dom::remove(node, "data-surprise"),
            }
            match self.heats.get_mut(index) {
                Some(old) => *old = heat,
                None => self.heats.push(heat),
            }
        }
    }

    pub(super) fn focus_token(&self, index: usize) {
        if let Some(node) = self.tokens.nodes().get(index) {
            dom::focus(node);
            dom::scroll_to(node);
        }
    }

    pub(super) fn focus_editor(&self) {
        self.asked.focus_editor();
        self.answered.focus_editor();
    }

    pub(super) fn focus_message(&self, which: Part) {
        match which {
            Part::Question => self.asked.focus_edit_button(),
            Part::Reply => self.answered.focus_edit_button(),
        }
    }
}

/// The length and speed of a reply, and why it ended.
fn facts(reply: &ChatReply, context: Context) -> String {
    let tokens = reply.tokens.len();
    let mut parts = Vec::new();
    if reply.is_edited() && !context.writing {
        return texts::EDITED.into();
    }
    if tokens > 0 {
        parts.push(texts::length(tokens));
    } else if context.writing {
        parts.push(texts::READING.into());
    }
    if !reply.begun.is_empty() {
        parts.push(texts::BEGUN.into());
    }
    let timings = reply.timings;
    if timings.decode_tokens > 0 && timings.decode_ms > 0.0 {
        let seconds = f64::from(timings.decode_ms) / 1000.0;
        parts.push(texts::speed(f64::from(timings.decode_tokens) / seconds));
    }
    if let Some(reason) = reply.finish {
        let ending = texts::ending(reason, tokens);
        if !ending.is_empty() {
            parts.push(ending.into());
        }
    }
    parts.join(" · ")
}
