//! Tokenizes texts and conversations.

use protocol::{Message, TemplateVariables, Token, TokenId, TokenizeOptions, limits};

use super::state::Session;
use crate::error::{EngineError, Result};

impl Session {
    /// The tokens of a text, with the leading tokens that the model expects.
    ///
    /// # Errors
    /// If the text is too long, or has a token without an embedding.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>> {
        self.tokenize_as(text, TokenizeOptions::default())
    }

    /// The tokens of a text, as the options have it.
    ///
    /// # Errors
    /// If the text is too long, or has a token without an embedding.
    pub fn tokenize_as(
        &self,
        text: &str,
        options: TokenizeOptions,
    ) -> Result<Vec<Token>> {
        let limit = limits::MAX_TEXT_BYTES;
        if text.len() > limit {
            return Err(EngineError::TextTooLong { bytes: text.len(), limit });
        }
        let ids = self.tokenizer.encode_text(text, options)?;
        self.tokens_with_embedding(&ids)
    }

    /// The tokens of a conversation in the model's chat template, up to where the reply
    /// begins, or with `begun` up to the end of the last message, which the model continues.
    /// `variables` are those that the template may read. `unix_seconds` is the time for
    /// templates with a date.
    ///
    /// # Errors
    /// If there are no messages or too much text, the model has no template or a broken
    /// one, the template refuses the messages or leaves out the one that is begun, or a token
    /// has no embedding.
    pub fn chat_prompt(
        &self,
        messages: &[Message],
        variables: &TemplateVariables,
        begun: bool,
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
        let rendered =
            template.render_with(messages, variables, begun, special, unix_seconds)?;
        self.tokens_with_embedding(&self.tokenizer.encode_rendered(&rendered)?)
    }

    /// The tokens of ids.
    ///
    /// # Errors
    /// If the model does not have one of them.
    pub fn tokens_of(&self, ids: &[TokenId]) -> Result<Vec<Token>> {
        self.check_ids(ids)?;
        Ok(ids.iter().map(|id| self.token(*id)).collect())
    }

    /// The tokens of ids. A tokenizer may have tokens without an embedding, such as those
    /// for images; these are an error.
    fn tokens_with_embedding(&self, ids: &[TokenId]) -> Result<Vec<Token>> {
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
