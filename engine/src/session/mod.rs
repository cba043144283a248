//! A model with its tokenizer and chat template, and the sequences that it has read.
//!
//! Every call names the whole sequence. The session computes only what follows the
//! longest common prefix with what was read before, so undo, another pick and a look
//! back cost one token or none.

mod load;
mod sequence;
mod states;
mod store;
#[cfg(test)]
mod tests;

use std::ops::Range;

use candle_core::{Device, Tensor};
use protocol::{
    Distribution, Message, ModelDescription, ScoredToken, Token, TokenId, limits,
};

pub use load::{LoadOptions, ModelFiles, Weights};
pub(crate) use store::CacheLimits;

use crate::chat::{ChatError, ChatTemplate};
use crate::distribution::{
    View, distribution, distribution_on_device, token_score, token_scores_on_device,
};
use crate::error::{EngineError, Result};
use crate::model::{LanguageModel, Part};
use crate::tokenizer::Tokenizer;
use sequence::{Logits, Sequence};

/// A model that is ready to be asked.
#[derive(Debug)]
pub struct Session {
    model: Box<dyn LanguageModel>,
    device: Device,
    /// Logits stay on the device, which computes distributions of them.
    logits_stay: bool,
    tokenizer: Tokenizer,
    /// Or why the model's own template cannot be used.
    template: Option<std::result::Result<ChatTemplate, ChatError>>,
    description: ModelDescription,
    /// What it has read, by the model's slots; the first is there always.
    sequences: Vec<Sequence>,
    forward_tokens: u64,
    /// Counts how often a sequence was taken up.
    taken_up: u64,
    /// Sequences that had to make room for others.
    evicted: u64,
}

/// Tokens of a text that are to be read into a slot: at most `count` of those that are
/// not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread<'a> {
    pub(crate) slot: usize,
    pub(crate) ids: &'a [TokenId],
    pub(crate) count: usize,
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

    /// The token of an id. Ids that the model has beyond its tokenizer are empty.
    pub fn token(&self, id: TokenId) -> Token {
        self.tokenizer.token(id).unwrap_or_else(|| Token::new(id, Vec::new(), true))
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

    /// How many of `ids`, from the first, need not be read again for their distribution.
    pub fn known(&self, ids: &[TokenId]) -> usize {
        self.known_in(0, ids)
    }

    /// The same for another sequence than the first.
    pub(crate) fn known_in(&self, slot: usize, ids: &[TokenId]) -> usize {
        self.sequences[slot].known(ids)
    }

    /// Reads at most `count` of the tokens of `ids` that are not known.
    ///
    /// # Errors
    /// If the computation fails; the session stays usable.
    pub fn read(&mut self, ids: &[TokenId], count: usize) -> Result<()> {
        self.read_together(&[Unread { slot: 0, ids, count }])
    }

    /// Reads into several sequences, of which none may be named twice, in one pass over
    /// the weights.
    ///
    /// # Errors
    /// If the computation fails; the session stays usable.
    pub(crate) fn read_together(&mut self, wanted: &[Unread<'_>]) -> Result<()> {
        let mut parts = Vec::new();
        for Unread { slot, ids, count } in wanted {
            let known = self.known_in(*slot, ids);
            let ids = &ids[known..ids.len().min(known.saturating_add(*count))];
            if !ids.is_empty() {
                self.truncate(*slot, known);
                parts.push(Part { slot: *slot, ids });
            }
        }
        if parts.is_empty() {
            return Ok(());
        }
        for Part { slot, ids } in &parts {
            self.sequences[*slot].states.reserve(ids.len())?;
        }
        let states = self.model.read(&parts);
        let states =
            states.and_then(|states| Ok(states.flatten_all()?.to_vec1::<f32>()?));
        let states = states.inspect_err(|_| {
            for Part { slot, .. } in &parts {
                self.model.truncate(*slot, self.sequences[*slot].ids.len());
            }
        })?;
        let mut rest = states.as_slice();
        for Part { slot, ids } in parts {
            let (states, others) = rest.split_at(ids.len() * self.model.state_size());
            rest = others;
            self.sequences[slot].states.extend(states);
            let sequence = &mut self.sequences[slot];
            sequence.ids.extend_from_slice(ids);
            sequence.reserved = sequence.reserved.max(sequence.ids.len());
            self.forward_tokens += ids.len() as u64;
        }
        Ok(())
    }

    /// Forgets what was read into a slot from `length` on.
    fn truncate(&mut self, slot: usize, length: usize) {
        let sequence = &mut self.sequences[slot];
        if length < sequence.ids.len() {
            self.model.truncate(slot, length);
        }
        sequence.truncate(length);
    }

    /// The distribution after `ids`, all of which must be [`known`](Self::known). Runs
    /// no forward pass; asked again with other settings, not even the output head.
    ///
    /// # Errors
    /// If the model produces something that is not a number.
    pub fn distribution(&mut self, ids: &[TokenId], view: View) -> Result<Distribution> {
        self.form_logits(&[(0, ids.len())])?;
        self.distribution_in(0, ids, view)
    }

    /// Sees to it that the logits after the first so many tokens of some slots are there,
    /// in one product with the output head.
    ///
    /// # Errors
    /// If the computation fails.
    pub(crate) fn form_logits(&mut self, wanted: &[(usize, usize)]) -> Result<()> {
        let missing = |(slot, length): &&(usize, usize)| {
            let logits = &self.sequences[*slot].logits;
            logits.as_ref().is_none_or(|(of, _)| of != length)
        };
        let missing: Vec<(usize, usize)> =
            wanted.iter().filter(missing).copied().collect();
        let mut rows = Vec::new();
        for (slot, length) in &missing {
            rows.extend_from_slice(self.states(*slot, length - 1..*length)?);
        }
        if missing.is_empty() {
            return Ok(());
        }
        let logits = self.logits_of(&rows)?;
        for (row, (slot, length)) in missing.into_iter().enumerate() {
            // Each by itself, so that none keeps the others.
            let row = logits.get(row)?;
            let logits = match self.logits_stay {
                true => Logits::OnDevice(row.copy()?),
                false => Logits::Here(row.to_vec1()?),
            };
            self.sequences[slot].logits = Some((length, logits));
        }
        Ok(())
    }

    /// The distribution after `ids`, whose logits must be there.
    ///
    /// # Errors
    /// If the model produces something that is not a number, or they are not there.
    pub(crate) fn distribution_in(
        &self,
        slot: usize,
        ids: &[TokenId],
        view: View,
    ) -> Result<Distribution> {
        let token = |id| self.token(id);
        match &self.sequences[slot].logits {
            Some((of, logits)) if *of == ids.len() => match logits {
                Logits::Here(logits) => distribution(logits, view, &token),
                Logits::OnDevice(logits) => distribution_on_device(logits, view, &token),
            },
            _ => Err(unread()),
        }
    }

    /// The scores of the tokens of `ids` at some positions, 1 at least, whose preceding
    /// tokens must all be known with their states.
    pub(crate) fn scores(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        positions: Range<usize>,
    ) -> Result<Vec<ScoredToken>> {
        let rows = self.states(slot, positions.start - 1..positions.end - 1)?.to_vec();
        let logits = self.logits_of(&rows)?;
        let ids = &ids[positions];
        let scores = match self.logits_stay {
            true => token_scores_on_device(&logits, ids)?,
            false => {
                let logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
                let rows = logits.chunks_exact(self.description.vocab_size as usize);
                let scores = ids.iter().zip(rows).map(|(id, row)| token_score(row, *id));
                scores.collect::<Result<Vec<_>>>()?
            }
        };
        let scored = ids.iter().zip(scores).map(|(id, score)| ScoredToken {
            token: self.token(*id),
            score: Some(score),
        });
        Ok(scored.collect())
    }

    /// The positions, from `start` on, whose states are at hand for `ids`.
    pub(crate) fn states_from(
        &self,
        slot: usize,
        ids: &[TokenId],
        start: usize,
    ) -> usize {
        let kept = self.sequences[slot].states.kept();
        let end = self.known_in(slot, ids).min(kept.end);
        if kept.contains(&start) { end.saturating_sub(start) } else { 0 }
    }

    /// Makes [`read_together`](Self::read_together) go on from `length`, where the states
    /// were dropped.
    pub(crate) fn read_again_from(&mut self, slot: usize, length: usize) {
        self.truncate(slot, length);
    }

    fn states(&self, slot: usize, positions: Range<usize>) -> Result<&[f32]> {
        self.sequences[slot].states.rows(positions).ok_or_else(unread)
    }

    /// The logits of T states, [T, V].
    fn logits_of(&mut self, states: &[f32]) -> Result<Tensor> {
        let width = self.model.state_size();
        let shape = (states.len() / width, width);
        let states = Tensor::from_slice(states, shape, &self.device)?;
        self.model.logits(&states)
    }
}

/// What cannot be, unless the engine is wrong.
fn unread() -> EngineError {
    EngineError::Unsupported("The text was not read far enough.".into())
}
