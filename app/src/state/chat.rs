//! The conversation.

use std::rc::Rc;

use protocol::{Distribution, FinishReason, Message, Role, Timings, Token, TokenId};

/// The state of the Chat tab.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// What is in the box.
    pub(crate) input: String,
    pub(crate) exchanges: Vec<Exchange>,
    /// The token whose distribution is in view; none follows the newest.
    pub(crate) focus: Option<ChatToken>,
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
    variants: Vec<Reply>,
    shown: usize,
}

/// One way in which the model answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// Each token is the `sampled` of its distribution.
    pub(crate) tokens: Vec<Rc<Distribution>>,
    /// The text where the tokens are not known: after a reload.
    pub(crate) text: String,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) timings: Timings,
}

impl Reply {
    /// What the model said, without the tokens that stand for no text.
    pub(crate) fn answer(&self) -> String {
        if self.tokens.is_empty() {
            return self.text.clone();
        }
        let mut bytes = Vec::new();
        for token in self.tokens.iter().map(|distribution| &distribution.sampled.token) {
            if !token.special {
                bytes.extend_from_slice(&token.bytes);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Exchange {
    fn new(key: u32, question: String, reply: Reply) -> Exchange {
        let (prompt, variants) = (Vec::new(), vec![reply]);
        Exchange { key, question, prompt, variants, shown: 0 }
    }

    /// The variant that counts.
    pub(crate) fn reply(&self) -> &Reply {
        &self.variants[self.shown]
    }

    /// Which variant counts, from 1, and how many there are.
    pub(crate) fn variant_of(&self) -> (usize, usize) {
        (self.shown + 1, self.variants.len())
    }

    /// Adds a variant, which counts from now on.
    pub(crate) fn add_variant(&mut self, reply: Reply) {
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
        let written = written.map(|distribution| distribution.sampled.token.id);
        self.prompt.iter().map(|token| token.id).chain(written).collect()
    }
}

impl Chat {
    /// Adds a question that waits for its reply.
    pub(crate) fn ask(&mut self, question: String) {
        self.add(question, Reply::default());
    }

    /// Adds a question that was answered before.
    pub(crate) fn add_answered(&mut self, question: String, text: String) {
        let finish = Some(FinishReason::EndOfText);
        self.add(question, Reply { text, finish, ..Reply::default() });
    }

    fn add(&mut self, question: String, reply: Reply) {
        self.last_key += 1;
        self.exchanges.push(Exchange::new(self.last_key, question, reply));
    }

    /// Takes back the last question: its text returns to the box, before what has been
    /// typed since.
    pub(crate) fn take_back(&mut self) {
        let Some(exchange) = self.exchanges.pop() else { return };
        self.focus = None;
        self.input = match self.input.trim().is_empty() {
            true => exchange.question,
            false => format!("{}\n{}", exchange.question, self.input),
        };
    }

    /// Drops the newest variant of the newest reply; false if it is the only one.
    pub(crate) fn drop_variant(&mut self) -> bool {
        let Some(exchange) = self.exchanges.last_mut() else { return false };
        if exchange.variants.len() < 2 {
            return false;
        }
        exchange.variants.pop();
        exchange.shown = exchange.variants.len() - 1;
        self.focus = None;
        true
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

    /// The token whose distribution is in view.
    pub(crate) fn in_view(&self) -> Option<(ChatToken, &Rc<Distribution>)> {
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
    /// after the reply as it was, so only the newest can vary.
    pub(crate) fn can_vary(&self, at: ChatToken) -> bool {
        at.exchange + 1 == self.exchanges.len()
            && !self.exchanges[at.exchange].prompt.is_empty()
    }

    /// The newest exchange.
    pub(crate) fn last_mut(&mut self) -> Option<&mut Exchange> {
        self.exchanges.last_mut()
    }

    /// The newest reply.
    pub(crate) fn last_reply_mut(&mut self) -> Option<&mut Reply> {
        let exchange = self.exchanges.last_mut()?;
        exchange.variants.get_mut(exchange.shown)
    }
}
