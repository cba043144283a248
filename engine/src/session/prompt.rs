//! From text and conversations to the tokens of a prompt.

use protocol::{Message, Token, TokenId, limits};

use super::state::Session;
use crate::error::{EngineError, Result};

impl Session {
    /// The tokens of a text, with the model's own leading tokens.
    ///
    /// # Errors
    /// If there is too much text, or the model has no embedding for some of it.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>> {
        let limit = limits::MAX_TEXT_BYTES;
        if text.len() > limit {
            return Err(EngineError::TextTooLong { bytes: text.len(), limit });
        }
        let ids = self.tokenizer.encode_prompt(text)?;
        self.embedded(&ids)
    }

    /// The tokens of a conversation in the model's own template, up to where the reply
    /// begins.
    ///
    /// # Errors
    /// If the model has no template, or one that cannot be used, or the template refuses
    /// the messages.
    pub fn chat_prompt(
        &self,
        messages: &[Message],
        unix_seconds: i64,
    ) -> Result<Vec<Token>> {
        let bytes = messages.iter().map(|message| message.content.len()).sum();
        let limit = limits::MAX_TEXT_BYTES;
        if bytes > limit {
            return Err(EngineError::TextTooLong { bytes, limit });
        }
        if messages.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let model = || self.description.name.clone();
        let template = match &self.template {
            Some(Ok(template)) => template,
            Some(Err(fault)) => {
                let reason = fault.to_string();
                return Err(EngineError::BrokenChatTemplate { model: model(), reason });
            }
            None => return Err(EngineError::NoChatTemplate { model: model() }),
        };
        let special = self.tokenizer.special_tokens();
        let rendered = template.render(messages, special, unix_seconds)?;
        self.embedded(&self.tokenizer.encode_rendered(&rendered)?)
    }

    /// The tokens of a text's ids, all of which the model must have: a tokenizer may have
    /// more, such as those that stand for pictures.
    fn embedded(&self, ids: &[TokenId]) -> Result<Vec<Token>> {
        match self.check_ids(ids) {
            Err(EngineError::InvalidToken { id, .. }) => {
                let token = self.token(id);
                let token = String::from_utf8_lossy(&token.bytes).into_owned();
                Err(EngineError::NoEmbedding { token })
            }
            _ => Ok(ids.iter().map(|id| self.token(*id)).collect()),
        }
    }
}
