//! The conversation: questions, and the variants of their replies.

use protocol::{Message, Role, Token, TokenId};

use super::known_models::ModelId;
use super::reply::{ChatReply, ChatToken, ReplyId, ReplyToken};

/// The state of the Chat tab.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// The text in the message box.
    pub(crate) input: String,
    pub(crate) exchanges: Vec<Exchange>,
    /// The token whose distribution is shown; none for the newest token.
    pub(crate) focus: Option<ChatToken>,
    /// The conversation that was cleared last. It is dropped when another begins.
    pub(crate) cleared: Vec<Exchange>,
    last_key: u32,
}

/// A question with its reply.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Never used again, so that an index that means another exchange now is noticed.
    pub(crate) key: u32,
    pub(crate) question: String,
    /// The prompt that the model read: the rendered chat template.
    pub(crate) prompt: Vec<Token>,
    /// The replies; at least one.
    variants: Vec<ChatReply>,
    /// The index of the variant that is shown and that later questions build on.
    shown: usize,
}

impl Exchange {
    /// A question with the variants of its reply, of which one is shown.
    pub(crate) fn new(
        question: String,
        prompt: Vec<Token>,
        mut variants: Vec<ChatReply>,
        shown: usize,
    ) -> Exchange {
        if variants.is_empty() {
            variants.push(ChatReply::default());
        }
        let shown = shown.min(variants.len() - 1);
        Exchange { key: 0, question, prompt, variants, shown }
    }

    /// The variant that is shown.
    pub(crate) fn reply(&self) -> &ChatReply {
        &self.variants[self.shown]
    }

    /// All variants, and the index of the one that is shown.
    pub(crate) fn variants(&self) -> (&[ChatReply], usize) {
        (&self.variants, self.shown)
    }

    /// Adds a variant and shows it.
    pub(crate) fn add_variant(&mut self, reply: ChatReply) {
        self.variants.push(reply);
        self.shown = self.variants.len() - 1;
    }

    /// Shows the variant that is `by` further on, or the first or last one.
    pub(crate) fn step_variant(&mut self, by: i32) {
        let last = self.variants.len() - 1;
        self.shown = self.shown.saturating_add_signed(by as isize).min(last);
    }

    /// The ids of the prompt and of the first `reply_tokens` tokens of the reply.
    pub(crate) fn ids(&self, reply_tokens: usize) -> Vec<TokenId> {
        let written = self.reply().tokens.iter().take(reply_tokens);
        let written = written.map(|token| token.token.id);
        self.prompt.iter().map(|token| token.id).chain(written).collect()
    }

    /// The id of the variant that is shown.
    pub(crate) fn id(&self) -> ReplyId {
        ReplyId { exchange: self.key, variant: self.shown }
    }

    /// Whether the tokens of the prompt and of the reply are known.
    pub(crate) fn has_tokens(&self) -> bool {
        !self.prompt.is_empty() && !self.reply().tokens.is_empty()
    }
}

impl Chat {
    /// Adds a question with an empty reply.
    pub(crate) fn add_question(&mut self, question: String, reply: ChatReply) {
        self.cleared.clear();
        self.add(Exchange::new(question, Vec::new(), vec![reply], 0));
    }

    /// Adds an exchange of an earlier visit.
    pub(crate) fn add(&mut self, exchange: Exchange) {
        self.last_key += 1;
        self.exchanges.push(Exchange { key: self.last_key, ..exchange });
    }

    /// Clears the conversation. [`bring_back`](Self::bring_back) undoes it.
    pub(crate) fn clear(&mut self) {
        self.cleared = std::mem::take(&mut self.exchanges);
        self.focus = None;
    }

    /// Brings back the cleared conversation. False if there is none, or another has begun.
    pub(crate) fn bring_back(&mut self) -> bool {
        let any = !self.cleared.is_empty() && self.exchanges.is_empty();
        if any {
            self.exchanges = std::mem::take(&mut self.cleared);
        }
        any
    }

    /// Removes the last exchange. Its question returns to the message box, before what has
    /// been typed since.
    pub(crate) fn take_back(&mut self) {
        let Some(exchange) = self.exchanges.pop() else { return };
        self.focus = None;
        self.input = prepended(&exchange.question, &self.input);
    }

    /// The conversation as messages for the model.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let message = |role, content| Message { role, content };
        let mut messages = Vec::new();
        for exchange in &self.exchanges {
            messages.push(message(Role::User, exchange.question.clone()));
            let answer = exchange.reply().answer();
            if !answer.is_empty() {
                messages.push(message(Role::Assistant, answer));
            }
        }
        messages
    }

    /// The token whose distribution is shown.
    pub(crate) fn in_view(&self) -> Option<(ChatToken, &ReplyToken)> {
        let newest = || {
            let exchange = self.exchanges.len().checked_sub(1)?;
            let token = self.exchanges[exchange].reply().tokens.len().checked_sub(1)?;
            Some(ChatToken { exchange, token })
        };
        let token = self.focus.or_else(newest)?;
        let exchange = self.exchanges.get(token.exchange)?;
        Some((token, exchange.reply().tokens.get(token.token)?))
    }

    /// Whether `model` can continue a reply with another token in place of this one. Later
    /// questions build on a reply, so only the newest can vary, and only by its writer.
    pub(crate) fn can_vary(&self, at: ChatToken, model: Option<ModelId>) -> bool {
        at.exchange + 1 == self.exchanges.len()
            && !self.exchanges[at.exchange].prompt.is_empty()
            && model.is_some()
            && self.exchanges[at.exchange].reply().writer.model == model
    }

    /// The newest exchange.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Exchange> {
        self.exchanges.last_mut()
    }

    /// The newest reply.
    pub(crate) fn last_reply_mut(&mut self) -> Option<&mut ChatReply> {
        let exchange = self.exchanges.last_mut()?;
        exchange.variants.get_mut(exchange.shown)
    }

    /// A reply with the index of its exchange, if it is still there.
    pub(crate) fn reply_mut(&mut self, id: ReplyId) -> Option<(usize, &mut ChatReply)> {
        let mut exchanges = self.exchanges.iter_mut().enumerate();
        let (index, exchange) = exchanges.find(|(_, e)| e.key == id.exchange)?;
        Some((index, exchange.variants.get_mut(id.variant)?))
    }
}

/// A message that returns to the message box, followed by what has been typed since.
pub(super) fn prepended(message: &str, typed: &str) -> String {
    match typed.trim().is_empty() {
        true => message.to_owned(),
        false => format!("{message}\n{typed}"),
    }
}
