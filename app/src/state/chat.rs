//! The conversation.

use std::rc::Rc;

use protocol::{
    Distribution, FinishReason, Message, Role, SamplerSettings, Timings, Token, TokenId,
};

use super::requests::ReplyId;
use super::text_distribution::ModelId;

/// The state of the Chat tab.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// What is in the box.
    pub(crate) input: String,
    pub(crate) exchanges: Vec<Exchange>,
    /// The token whose distribution is in view; none follows the newest.
    pub(crate) focus: Option<ChatToken>,
    /// The conversation that was cleared last, until another is begun.
    pub(crate) cleared: Vec<Exchange>,
    last_key: u32,
}

/// A token of a reply, by the indices of the exchange and of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChatToken {
    pub(crate) exchange: usize,
    pub(crate) token: usize,
}

/// A question and its reply.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Distinguishes it from those that were at its place before.
    pub(crate) key: u32,
    pub(crate) question: String,
    /// What the model saw: the rendered template.
    pub(crate) prompt: Vec<Token>,
    /// At least one.
    variants: Vec<ChatReply>,
    shown: usize,
}

/// One way in which the model answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatReply {
    pub(crate) tokens: Vec<ReplyToken>,
    /// The text where the tokens are not known.
    pub(crate) text: String,
    pub(crate) writer: Writer,
    /// What the tokens were drawn with.
    pub(crate) settings: SamplerSettings,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) timings: Timings,
}

/// One token of a reply.
#[derive(Clone, Debug)]
pub(crate) struct ReplyToken {
    pub(crate) token: Token,
    /// What it was drawn from, where it is the `sampled`; none for a reply of an earlier
    /// visit, before it is computed again.
    pub(crate) distribution: Option<Rc<Distribution>>,
}

/// Who wrote a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Writer {
    /// None for a reply of an earlier visit that no model has been asked about.
    pub(crate) model: Option<ModelId>,
    /// A model that turned out not to be the writer.
    pub(crate) not: Option<ModelId>,
    pub(crate) name: String,
}

impl ReplyToken {
    /// A token as it was drawn, or chosen in place of what was drawn.
    pub(crate) fn drawn(distribution: Distribution) -> ReplyToken {
        let token = distribution.sampled.token.clone();
        ReplyToken { token, distribution: Some(Rc::new(distribution)) }
    }
}

impl ChatReply {
    /// What the model said, without the tokens that stand for no text.
    pub(crate) fn answer(&self) -> String {
        if self.tokens.is_empty() {
            return self.text.clone();
        }
        let text = self.tokens.iter().map(|token| &token.token);
        let bytes: Vec<u8> = text
            .filter(|token| !token.special)
            .flat_map(|token| token.bytes.clone())
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Exchange {
    /// A question with all the ways in which it was answered, of which one counts.
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

    /// The variant that counts.
    pub(crate) fn reply(&self) -> &ChatReply {
        &self.variants[self.shown]
    }

    /// All variants, and the index of the one that counts.
    pub(crate) fn variants(&self) -> (&[ChatReply], usize) {
        (&self.variants, self.shown)
    }

    /// Adds a variant, which counts from now on.
    pub(crate) fn add_variant(&mut self, reply: ChatReply) {
        self.variants.push(reply);
        self.shown = self.variants.len() - 1;
    }

    /// Lets the variant count that is `by` further on, if there is one.
    pub(crate) fn turn_to(&mut self, by: i32) {
        let last = self.variants.len() - 1;
        self.shown = self.shown.saturating_add_signed(by as isize).min(last);
    }

    /// The ids that the model saw and wrote, up to a token of the reply.
    pub(crate) fn ids(&self, reply_tokens: usize) -> Vec<TokenId> {
        let written = self.reply().tokens.iter().take(reply_tokens);
        let written = written.map(|token| token.token.id);
        self.prompt.iter().map(|token| token.id).chain(written).collect()
    }

    /// The reply that counts.
    pub(crate) fn id(&self) -> ReplyId {
        ReplyId { exchange: self.key, variant: self.shown }
    }

    /// Whether what the model saw and wrote is known token by token.
    pub(crate) fn has_tokens(&self) -> bool {
        !self.prompt.is_empty() && !self.reply().tokens.is_empty()
    }
}

impl Chat {
    /// Adds a question that waits for its reply.
    pub(crate) fn ask(&mut self, question: String, reply: ChatReply) {
        self.cleared.clear();
        self.add(Exchange::new(question, Vec::new(), vec![reply], 0));
    }

    /// Adds an exchange of an earlier visit.
    pub(crate) fn add(&mut self, exchange: Exchange) {
        self.last_key += 1;
        self.exchanges.push(Exchange { key: self.last_key, ..exchange });
    }

    /// Takes the conversation away, to be had back by [`bring_back`](Self::bring_back).
    pub(crate) fn clear(&mut self) {
        self.cleared = std::mem::take(&mut self.exchanges);
        self.focus = None;
    }

    /// Brings back what was cleared.
    pub(crate) fn bring_back(&mut self) -> bool {
        let any = !self.cleared.is_empty() && self.exchanges.is_empty();
        if any {
            self.exchanges = std::mem::take(&mut self.cleared);
        }
        any
    }

    /// Takes back the last question: its text returns to the box, before what has been
    /// typed since.
    pub(crate) fn take_back(&mut self) {
        let Some(exchange) = self.exchanges.pop() else { return };
        self.focus = None;
        self.input = with_returned(&exchange.question, &self.input);
    }

    /// The conversation as the model is to see it.
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

    /// The token that is in view.
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

    /// Whether another token can take the place of this one: later questions were asked
    /// after the reply as it was, so only the newest can vary, and only by its writer.
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

    /// The exchange of a reply, and the reply, if it is still there.
    pub(crate) fn reply_mut(&mut self, id: ReplyId) -> Option<(usize, &mut ChatReply)> {
        let mut exchanges = self.exchanges.iter_mut().enumerate();
        let (index, exchange) = exchanges.find(|(_, e)| e.key == id.exchange)?;
        Some((index, exchange.variants.get_mut(id.variant)?))
    }
}

/// A message that returns to the box, before what has been typed since.
pub(super) fn with_returned(message: &str, typed: &str) -> String {
    match typed.trim().is_empty() {
        true => message.to_owned(),
        false => format!("{message}\n{typed}"),
    }
}
