//! The session's state, and the queries that need no computation.

use protocol::{ModelDescription, Token, TokenId};
use text::chat::{ChatError, ChatTemplate};
use text::tokenizer::Tokenizer;

use super::automata::Automata;
use super::elsewhere::Elsewhere;
use super::kept_logits::KeptLogits;
use super::model::Model;
use super::sequence::Sequence;
use crate::error::{EngineError, Result};

/// A loaded model with its tokenizer, chat template and cached sequences.
#[derive(Debug)]
pub struct Session {
    pub(super) model: Model,
    pub(super) tokenizer: Tokenizer,
    /// The chat template, or why it cannot be used; `None` if the model has none.
    pub(super) template: Option<std::result::Result<ChatTemplate, ChatError>>,
    pub(super) description: ModelDescription,
    /// The cached sequences, by the model's slots; the first always exists.
    pub(super) sequences: Vec<Sequence>,
    pub(super) forward_tokens: u64,
    /// The number of times that a sequence was acquired.
    pub(super) acquisitions: u64,
    /// The number of sequences that were evicted.
    pub(super) evicted: u64,
    /// The automata of allowed texts that were used last.
    pub(super) automata: Automata,
    pub(super) kept_logits: KeptLogits,
    /// What reads long texts in the place of the model.
    pub(super) elsewhere: Elsewhere,
}

impl Session {
    /// A session that has read nothing; `sequence` is its first one.
    pub(super) fn new(
        model: Model,
        sequence: Sequence,
        tokenizer: Tokenizer,
        template: Option<std::result::Result<ChatTemplate, ChatError>>,
        description: ModelDescription,
    ) -> Session {
        Session {
            model,
            tokenizer,
            template,
            description,
            sequences: vec![sequence],
            forward_tokens: 0,
            acquisitions: 0,
            evicted: 0,
            automata: Default::default(),
            kept_logits: Default::default(),
            elsewhere: Default::default(),
        }
    }

    /// The description of the model.
    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    /// The number of tokens that have gone through the model since it was loaded.
    pub fn forward_tokens(&self) -> u64 {
        self.forward_tokens
    }

    /// Whether generation ends after this token: the end of a text or of a turn.
    pub fn ends_generation(&self, id: TokenId) -> bool {
        self.description.end_of_generation.contains(&id)
    }

    /// Checks that a text can be read: it has a token, it fits in the context, and all
    /// its ids exist.
    ///
    /// # Errors
    /// The first of these that does not hold.
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

    /// Checks that all ids are below V.
    ///
    /// # Errors
    /// If one is not; the error has the first such id.
    pub fn check_ids(&self, ids: &[TokenId]) -> Result<()> {
        let vocab_size = self.description.vocab_size as usize;
        match ids.iter().find(|id| **id as usize >= vocab_size) {
            Some(id) => Err(EngineError::InvalidToken { id: *id, vocab_size }),
            None => Ok(()),
        }
    }

    /// The token of an id; a special token without text for ids that the tokenizer does
    /// not have.
    pub fn token(&self, id: TokenId) -> Token {
        self.tokenizer.token(id).unwrap_or_else(|| Token::new(id, Vec::new(), true))
    }
}
