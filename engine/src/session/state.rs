//! The session itself, and what can be asked of it without computing.

use inference::LanguageModel;
use protocol::{ModelDescription, Token, TokenId};
use text::chat::{ChatError, ChatTemplate};
use text::tokenizer::Tokenizer;

use super::sequence::Sequence;
use crate::error::{EngineError, Result};

/// A model that is ready to be asked.
#[derive(Debug)]
pub struct Session {
    pub(super) model: Box<dyn LanguageModel>,
    pub(super) tokenizer: Tokenizer,
    /// Or why the model's own template cannot be used.
    pub(super) template: Option<std::result::Result<ChatTemplate, ChatError>>,
    pub(super) description: ModelDescription,
    /// What it has read, by the model's slots; the first is there always.
    pub(super) sequences: Vec<Sequence>,
    pub(super) forward_tokens: u64,
    /// How often a sequence was acquired.
    pub(super) acquisitions: u64,
    /// Sequences that had to make room for others.
    pub(super) evicted: u64,
}

impl Session {
    /// What is known about the model.
    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    /// Tokens that have gone through the model since it was loaded.
    pub fn forward_tokens(&self) -> u64 {
        self.forward_tokens
    }

    /// Whether the token ends a text or a turn.
    pub fn ends_generation(&self, id: TokenId) -> bool {
        self.description.end_of_generation.contains(&id)
    }

    /// Whether a sequence can be read: it has a token, all its ids exist, and it fits.
    ///
    /// # Errors
    /// Which of these does not hold.
    pub fn check(&self, ids: &[TokenId]) -> Result<()> {
        let limit = self.description.context_length as usize;
        if ids.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        if ids.len() > limit {
            return Err(EngineError::PromptTooLong { tokens: ids.len(), limit });
        }
        self.check_ids(ids)
    }

    /// Whether all ids exist.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check_ids(&self, ids: &[TokenId]) -> Result<()> {
        let vocab_size = self.description.vocab_size as usize;
        match ids.iter().find(|id| **id as usize >= vocab_size) {
            Some(id) => Err(EngineError::InvalidToken { id: *id, vocab_size }),
            None => Ok(()),
        }
    }

    /// The token of an id. Ids that the model has beyond its tokenizer are empty.
    pub fn token(&self, id: TokenId) -> Token {
        self.tokenizer.token(id).unwrap_or_else(|| Token::new(id, Vec::new(), true))
    }
}
