//! What tokens are asked for of: no sequence is read for these.

use protocol::{Message, TemplateVariables, Token, TokenId, TokenizeOptions};

use super::clock::Clock;
use crate::error::Result;
use crate::session::Session;

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum TokenSource {
    Text { text: String, options: TokenizeOptions },
    Ids(Vec<TokenId>),
    Conversation(Conversation),
}

/// A conversation, in the model's template.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) messages: Vec<Message>,
    /// The last message is unfinished, and the model continues it.
    pub(super) begun: bool,
    /// What the template may read.
    pub(super) variables: TemplateVariables,
}

impl Conversation {
    /// Its tokens.
    ///
    /// # Errors
    /// If the template refuses it.
    pub(super) fn tokens(&self, session: &Session, clock: Clock) -> Result<Vec<Token>> {
        let now = (clock.unix_seconds)();
        session.chat_prompt(&self.messages, &self.variables, self.begun, now)
    }
}

impl TokenSource {
    /// The tokens.
    ///
    /// # Errors
    /// If there are none: for a text that is too long, ids that the model does not have, or a
    /// conversation that its template refuses.
    pub(super) fn tokens(&self, session: &Session, clock: Clock) -> Result<Vec<Token>> {
        match self {
            TokenSource::Text { text, options } => session.tokenize_as(text, *options),
            TokenSource::Ids(ids) => session.tokens_of(ids),
            TokenSource::Conversation(conversation) => {
                conversation.tokens(session, clock)
            }
        }
    }
}
