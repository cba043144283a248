//! A model with its tokenizer and chat template, and the sequence that it has read.
//!
//! Every call names the whole sequence. The session computes only what follows the
//! longest common prefix with what was read before, so undo, another pick and a look
//! back cost one token or none.

mod load;
mod states;

use std::ops::Range;

use candle_core::{Device, Tensor};
use protocol::{
    Distribution, Message, ModelDescription, ScoredToken, Token, TokenId, limits,
};

pub use load::{LoadOptions, ModelFiles, Weights};

use crate::chat::ChatTemplate;
use crate::distribution::{View, distribution, token_score};
use crate::error::{EngineError, Result};
use crate::model::LanguageModel;
use crate::tokenizer::Tokenizer;
use states::States;

/// A model that is ready to be asked.
#[derive(Debug)]
pub struct Session {
    model: Box<dyn LanguageModel>,
    device: Device,
    tokenizer: Tokenizer,
    template: Option<ChatTemplate>,
    description: ModelDescription,
    /// What the model has read and not been told to forget.
    ids: Vec<TokenId>,
    states: States,
    /// The logits after the first so many of `ids`: those that were asked for last.
    logits: Option<(usize, Vec<f32>)>,
    forward_tokens: u64,
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

    /// The tokens of a text, with the model's own leading tokens.
    ///
    /// # Errors
    /// If there is too much text.
    pub fn tokenize(&self, text: &str) -> Result<Vec<Token>> {
        let limit = limits::MAX_TEXT_BYTES;
        if text.len() > limit {
            return Err(EngineError::TextTooLong { bytes: text.len(), limit });
        }
        let ids = self.tokenizer.encode_prompt(text)?;
        Ok(self.tokens(&ids))
    }

    /// The tokens of a conversation in the model's own template, up to where the reply
    /// begins.
    ///
    /// # Errors
    /// If the model has no template, or the template refuses the messages.
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
        let template = self.template.as_ref().ok_or_else(|| {
            EngineError::NoChatTemplate { model: self.description.name.clone() }
        })?;
        let special = self.tokenizer.special_tokens();
        let rendered = template.render(messages, special, unix_seconds)?;
        Ok(self.tokens(&self.tokenizer.encode_rendered(&rendered)?))
    }

    /// The token of an id. Ids that the model has beyond its tokenizer are empty.
    pub fn token(&self, id: TokenId) -> Token {
        self.tokenizer.token(id).unwrap_or_else(|| Token::new(id, Vec::new(), true))
    }

    fn tokens(&self, ids: &[TokenId]) -> Vec<Token> {
        ids.iter().map(|id| self.token(*id)).collect()
    }

    /// How many of `ids`, from the first, need not be read again for their distribution.
    pub fn known(&self, ids: &[TokenId]) -> usize {
        let common = ids.iter().zip(&self.ids).take_while(|(a, b)| a == b).count();
        // The last token's state may have been dropped; it is then read once more.
        match common.checked_sub(1) {
            Some(last) if common == ids.len() && !self.states.kept().contains(&last) => {
                last
            }
            _ => common,
        }
    }

    /// Reads at most `count` of the tokens of `ids` that are not known.
    ///
    /// # Errors
    /// If the computation fails; the session stays usable.
    pub fn read(&mut self, ids: &[TokenId], count: usize) -> Result<()> {
        let known = self.known(ids);
        let added = &ids[known..ids.len().min(known.saturating_add(count))];
        if added.is_empty() {
            return Ok(());
        }
        self.truncate(known);
        let states = self
            .model
            .forward(added)
            .and_then(|states| states.flatten_all()?.to_vec1::<f32>())
            .inspect_err(|_| self.model.truncate(known))?;
        self.states.extend(&states);
        self.ids.extend_from_slice(added);
        self.forward_tokens += added.len() as u64;
        Ok(())
    }

    /// Forgets what was read from `length` on.
    fn truncate(&mut self, length: usize) {
        if length < self.ids.len() {
            self.ids.truncate(length);
            self.model.truncate(length);
            self.states.truncate(length);
        }
        if self.logits.as_ref().is_some_and(|(of, _)| *of > length) {
            self.logits = None;
        }
    }

    /// The distribution after `ids`, all of which must be [`known`](Self::known). Runs
    /// no forward pass; asked again with other settings, not even the output head.
    ///
    /// # Errors
    /// If the model produces something that is not a number.
    pub fn distribution(&mut self, ids: &[TokenId], view: View) -> Result<Distribution> {
        let length = ids.len();
        let logits = match self.logits.take() {
            Some((of, logits)) if of == length => logits,
            _ => self.logits_after(length - 1..length)?,
        };
        let result = distribution(&logits, view, &|id| self.token(id));
        self.logits = Some((length, logits));
        result
    }

    /// The scores of the tokens of `ids` at some positions, 1 at least, whose preceding
    /// tokens must all be known with their states.
    pub(crate) fn scores(
        &mut self,
        ids: &[TokenId],
        positions: Range<usize>,
    ) -> Result<Vec<ScoredToken>> {
        let logits = self.logits_after(positions.start - 1..positions.end - 1)?;
        let vocab_size = self.description.vocab_size as usize;
        positions
            .zip(logits.chunks_exact(vocab_size))
            .map(|(position, logits)| {
                let id = ids[position];
                let score = token_score(logits, id)?;
                Ok(ScoredToken { token: self.token(id), score: Some(score) })
            })
            .collect()
    }

    /// The positions, from `start` on, whose states are at hand for `ids`.
    pub(crate) fn states_from(&self, ids: &[TokenId], start: usize) -> usize {
        let kept = self.states.kept();
        let end = self.known(ids).min(kept.end);
        if kept.contains(&start) { end.saturating_sub(start) } else { 0 }
    }

    /// Makes [`read`](Self::read) go on from `length`, where the states were dropped.
    pub(crate) fn read_again_from(&mut self, length: usize) {
        self.truncate(length);
    }

    /// The logits after each of the tokens at some positions, V values each.
    fn logits_after(&mut self, positions: Range<usize>) -> Result<Vec<f32>> {
        let count = positions.len();
        let width = self.model.state_size();
        let rows = self.states.rows(positions).ok_or_else(|| {
            EngineError::Unsupported("The text was not read far enough.".into())
        })?;
        let states = Tensor::from_slice(rows, (count, width), &self.device)?;
        Ok(self.model.logits(&states)?.flatten_all()?.to_vec1()?)
    }
}
