//! What tokens are asked for of: no sequence is read for these.

use protocol::{Message, Token, TokenId, TokenizeOptions};

use super::clock::Clock;
use crate::error::Result;
use crate::session::Session;

/// Where tokens come from.
#[derive(Debug)]
pub(super) enum TokenSource {
    Text { text: String, options: TokenizeOptions },
    Ids(Vec<TokenId>),
    Conversation { messages: Vec<Message>, begun: bool },
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
            TokenSource::Conversation { messages, begun } => {
                session.chat_prompt(messages, *begun, (clock.unix_seconds)())
            }
        }
    }
}
