//! The conversation: questions with their replies, and which of their variants and versions
//! are shown. Nothing that was written is lost by editing or by another reply.

use protocol::{FinishReason, Message, Role};
use serde::{Deserialize, Serialize};

use super::exchange::{Exchange, Variant};
use super::known_models::ModelId;
use super::reply::{ChatReply, ChatToken, ReplyId, ReplyToken};

/// The state of the Chat tab.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chat {
    /// The text in the message box.
    pub(crate) input: String,
    /// The system message; empty for none.
    pub(crate) system: String,
    /// What the next reply is to begin with; empty if the model begins it.
    pub(crate) begun: String,
    /// Replies are shown token by token.
    pub(crate) shows_tokens: bool,
    pub(crate) exchanges: Vec<Exchange>,
    /// The token whose distribution is shown; none for the newest token.
    pub(crate) focus: Option<ChatToken>,
    /// The message that is being edited.
    pub(crate) editing: Option<Editing>,
    /// The conversation that was cleared last. It is dropped when another begins.
    pub(crate) cleared: Vec<Exchange>,
    last_key: u32,
}

/// A message that is being edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Editing {
    /// The key of its exchange.
    pub(crate) exchange: u32,
    pub(crate) part: Part,
    pub(crate) text: String,
}

/// A message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// What the person wrote.
    Question,
    /// What the model wrote.
    Reply,
}

impl Chat {
    /// Adds a question with an empty reply.
    pub(crate) fn add_question(&mut self, question: String, reply: ChatReply) {
        self.cleared.clear();
        let exchange = self.exchange(question, reply);
        self.exchanges.push(exchange);
    }

    /// Adds an exchange of an earlier visit.
    pub(crate) fn add(&mut self, question: String, reply: ChatReply) {
        let exchange = self.exchange(question, reply);
        self.exchanges.push(exchange);
    }

    fn exchange(&mut self, question: String, reply: ChatReply) -> Exchange {
        let variants = vec![Variant { reply, rest: Vec::new() }];
        Exchange::new(self.new_key(), question, variants, 0)
    }

    /// A key that no exchange has had.
    pub(super) fn new_key(&mut self) -> u32 {
        self.last_key += 1;
        self.last_key
    }

    /// Asks a question in another version. What followed the old one stays with it.
    pub(crate) fn add_version(
        &mut self,
        index: usize,
        question: String,
        reply: ChatReply,
    ) {
        let Some((earlier, edited_from)) = self.take_versions(index) else { return };
        let mut exchange = self.exchange(question, reply);
        exchange.earlier = earlier;
        exchange.edited_from = edited_from;
        self.exchanges.push(exchange);
        self.focus = None;
    }

    /// Shows the version of a question that is `by` further on, or the first or last one, with
    /// what followed it.
    pub(crate) fn step_version(&mut self, index: usize, by: i32) {
        let Some((versions, shown)) = self.take_versions(index) else { return };
        let last = versions.len() - 1;
        let shown = shown.saturating_add_signed(by as isize).min(last);
        self.put_versions(versions, shown);
        self.focus = None;
    }

    /// Adds a variant of a reply and shows it. What followed the old one stays with it.
    pub(crate) fn add_variant(&mut self, index: usize, reply: ChatReply) {
        let rest = self.exchanges.split_off(self.exchanges.len().min(index + 1));
        if let Some(exchange) = self.exchanges.last_mut() {
            exchange.add_variant(reply, rest);
        }
        self.focus = None;
    }

    /// Shows the variant of a reply that is `by` further on, or the first or last one, with
    /// what followed it.
    pub(crate) fn step_variant(&mut self, index: usize, by: i32) {
        let rest = self.exchanges.split_off(self.exchanges.len().min(index + 1));
        let Some(exchange) = self.exchanges.last_mut() else { return };
        let rest = exchange.step_variant(by, rest);
        self.exchanges.extend(rest);
        self.focus = None;
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

    /// Takes back the last exchange, whose reply has no token: shows what was shown before, and
    /// returns its texts to the boxes that they were typed in.
    pub(crate) fn take_back(&mut self) {
        self.focus = None;
        let Some(exchange) = self.exchanges.last_mut() else { return };
        let begun = std::mem::take(&mut exchange.reply_mut().begun);
        if self.begun.is_empty() {
            self.begun = begun;
        }
        if let Some(rest) = exchange.drop_variant() {
            self.exchanges.extend(rest);
            return;
        }
        let Some((mut versions, shown)) = self.take_versions(self.exchanges.len() - 1)
        else {
            return;
        };
        let Exchange { question: taken, edited_from, .. } =
            versions.remove(shown).swap_remove(0);
        if versions.is_empty() {
            // It follows what has been typed since.
            self.input = prepended(&taken, &self.input);
            return;
        }
        let before = edited_from.min(versions.len() - 1);
        let key = versions[before][0].key;
        self.put_versions(versions, before);
        self.editing = Some(Editing { exchange: key, part: Part::Question, text: taken });
    }

    /// Takes the exchange of an index and all after it out of the conversation, with the other
    /// versions of its question. Returns all versions and the index of the one that was shown.
    fn take_versions(&mut self, index: usize) -> Option<(Vec<Vec<Exchange>>, usize)> {
        if index >= self.exchanges.len() {
            return None;
        }
        let mut tail = self.exchanges.split_off(index);
        let mut versions = std::mem::take(&mut tail[0].earlier);
        let later = std::mem::take(&mut tail[0].later);
        let shown = versions.len();
        versions.push(tail);
        versions.extend(later);
        Some((versions, shown))
    }

    /// Continues the conversation with one of several versions.
    fn put_versions(&mut self, mut versions: Vec<Vec<Exchange>>, shown: usize) {
        let later = versions.split_off(shown + 1);
        if let Some(mut tail) = versions.pop() {
            tail[0].earlier = versions;
            tail[0].later = later;
            self.exchanges.extend(tail);
        }
    }

    /// The conversation as messages for the model, up to the question of an exchange and what
    /// its reply begins with. The system message is left out where the model takes none.
    pub(crate) fn messages(&self, index: usize, takes_system: bool) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut say = |role, content: &str| {
            if !content.is_empty() {
                messages.push(Message { role, content: content.to_owned() });
            }
        };
        if takes_system {
            say(Role::System, &self.system);
        }
        for exchange in self.exchanges.iter().take(index) {
            say(Role::User, &exchange.question);
            say(Role::Assistant, &exchange.reply().answer());
        }
        if let Some(exchange) = self.exchanges.get(index) {
            say(Role::User, &exchange.question);
            say(Role::Assistant, &exchange.reply().begun);
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

    /// Whether `model` can continue a reply with another token in place of one of it, which
    /// only its writer can.
    pub(crate) fn can_vary(&self, at: ChatToken, model: Option<ModelId>) -> bool {
        let reply = self.exchanges[at.exchange].reply();
        !reply.prompt.is_empty() && model.is_some() && reply.writer.model == model
    }

    /// Whether the newest reply was stopped or cut, so that `model`, its writer, can go on.
    pub(crate) fn can_continue(&self, model: Option<ModelId>) -> bool {
        let reply = self.exchanges.last().map(Exchange::reply);
        reply.is_some_and(|reply| {
            let cut = matches!(
                reply.finish,
                Some(FinishReason::Cancelled | FinishReason::MaxTokens)
            );
            cut && reply.has_tokens() && model.is_some() && reply.writer.model == model
        })
    }

    /// The newest reply.
    pub(crate) fn last_reply_mut(&mut self) -> Option<&mut ChatReply> {
        self.exchanges.last_mut().map(Exchange::reply_mut)
    }

    /// A reply with the index of its exchange, if it is still there.
    pub(crate) fn reply_mut(&mut self, id: ReplyId) -> Option<(usize, &mut ChatReply)> {
        let mut exchanges = self.exchanges.iter_mut().enumerate();
        let (index, exchange) = exchanges.find(|(_, e)| e.key == id.exchange)?;
        Some((index, exchange.variant_mut(id.variant)?))
    }

    /// The index of the exchange that is edited, with the edit.
    pub(crate) fn edited(&self) -> Option<(usize, &Editing)> {
        let editing = self.editing.as_ref()?;
        let key = |exchange: &Exchange| exchange.key == editing.exchange;
        Some((self.exchanges.iter().position(key)?, editing))
    }
}

/// A message that returns to the message box, followed by what has been typed since.
fn prepended(message: &str, typed: &str) -> String {
    match typed.trim().is_empty() {
        true => message.to_owned(),
        false => format!("{message}\n{typed}"),
    }
}
