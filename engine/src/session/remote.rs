//! Distributions of a model that an engine elsewhere runs: what is asked for, and when enough
//! has come.

use inference::distribution::{Listed, View, reaches_beyond};
use inference::{InferenceError, Logits};
use protocol::{ErrorCode, Failure, ModelDescription, SamplerSettings, TokenId};

use super::model::Model;
use super::sequence::{Asked, Sequence};
use super::state::Session;
use super::text_files::{TextFiles, chat_description};
use crate::error::{EngineError, Result};
use crate::remote::{RemoteAnswer, RemoteModel, RemoteQuestion};

/// The tokens that are listed of a distribution unless more are needed.
const LISTED: usize = 64;

/// What is told of a model that an engine elsewhere runs.
#[derive(Clone, Debug)]
pub struct RemoteDescription {
    /// Its name there.
    pub name: String,
    /// What runs it, for people, such as `vLLM 0.10 at http://localhost:8000`.
    pub engine: String,
    /// The tokens that it can read.
    pub context_length: u32,
    /// V; none if the tokenizer alone knows.
    pub vocab_size: Option<u32>,
}

impl Session {
    /// A session whose model an engine elsewhere runs. Texts become tokens here.
    ///
    /// # Errors
    /// If the tokenizer is missing, damaged or not supported.
    pub fn remote(
        model: Box<dyn RemoteModel>,
        files: &TextFiles,
        remote: RemoteDescription,
    ) -> Result<Session> {
        let text = files.read()?;
        let tokens = text.tokenizer.vocab_size() as u32;
        let vocab_size = remote.vocab_size.or(text.vocab_size).unwrap_or(tokens);
        let mut ends = text.ends.clone();
        ends.retain(|id| *id < vocab_size);
        let description = ModelDescription {
            name: remote.name,
            device: remote.engine,
            context_length: remote.context_length,
            vocab_size,
            end_of_generation: ends,
            elsewhere: true,
            ..chat_description(text.template.as_ref())
        };
        let (model, sequence) = (Model::Elsewhere(model), Sequence::new(1));
        Ok(Session::new(model, sequence, text.tokenizer, text.template, description))
    }

    /// Whether an engine elsewhere runs the model.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.model, Model::Elsewhere(_))
    }

    /// Whether an engine elsewhere runs the model and lists the whole vocabulary.
    pub(crate) fn lists_all(&self) -> bool {
        match &self.model {
            Model::Elsewhere(model) => {
                model.most_listed() >= self.description.vocab_size as usize
            }
            Model::Here(_) => false,
        }
    }

    /// Whether a penalty for repetition does what it does to logits: of an engine elsewhere
    /// ln p is known, whose sign is another.
    pub(super) fn penalises_exactly(&self, settings: &SamplerSettings) -> bool {
        !self.is_remote() || settings.repetition_penalty == 1.0
    }

    /// Waits a little for an answer from elsewhere.
    pub(crate) fn wait(&mut self, limit: std::time::Duration) {
        if let Model::Elsewhere(model) = &mut self.model {
            model.wait(limit);
        }
    }

    /// Names tokens of which an engine elsewhere is asked after a slot's text.
    pub(crate) fn name_tokens(&mut self, slot: usize, ids: Vec<TokenId>) {
        self.sequences[slot].named = ids;
    }

    /// The logits after `ids`, all of which a slot has read; ln p of an engine elsewhere,
    /// which have the same softmax.
    ///
    /// # Errors
    /// [`EngineError::Awaited`] as long as an engine elsewhere has not answered; else if the
    /// computation fails, or if that engine does not tell of the whole vocabulary.
    pub(crate) fn whole_logits(
        &mut self,
        slot: usize,
        ids: &[TokenId],
    ) -> Result<Vec<f32>> {
        let (length, all) = (ids.len(), self.description.vocab_size as usize);
        if let Model::Elsewhere(model) = &self.model {
            if model.most_listed() < all {
                return Err(InferenceError::NotListed.into());
            }
            self.sequences[slot].listed = all;
            self.ask_if_missing(slot, length);
            self.take_answer(slot, length)?;
            let known = self.sequences[slot].logits.as_ref();
            if known.is_some_and(|(_, logits)| matches!(logits, Logits::Listed(_))) {
                if self.sequences[slot].told >= all {
                    return Err(InferenceError::NotListed.into());
                }
                self.sequences[slot].logits = None;
                self.ask(slot, length);
                return Err(EngineError::Awaited);
            }
        }
        self.compute_logits(&[(slot, length)])?;
        Ok(self.last_logits(slot, length)?.unwrap_or_default())
    }

    fn ask_if_missing(&mut self, slot: usize, length: usize) {
        let known = self.sequences[slot].logits.as_ref();
        if known.is_none_or(|(of, _)| *of != length) {
            self.ask(slot, length);
        }
    }

    /// Asks for what follows the first `length` tokens of a slot, unless that was asked.
    pub(super) fn ask(&mut self, slot: usize, length: usize) {
        let sequence = &self.sequences[slot];
        if sequence.asked.as_ref().is_none_or(|asked| asked.length != length) {
            let (listed, named) = (sequence.listed, sequence.named.clone());
            self.ask_for(slot, length, listed.max(LISTED), named);
        }
    }

    fn ask_for(
        &mut self,
        slot: usize,
        length: usize,
        listed: usize,
        named: Vec<TokenId>,
    ) {
        let Model::Elsewhere(model) = &mut self.model else { return };
        let sequence = &mut self.sequences[slot];
        let Some(ids) = sequence.ids.get(..length) else { return };
        let most = model.most_listed().min(self.description.vocab_size as usize);
        let listed = listed.min(most).max(1);
        let question = RemoteQuestion::Next { ids: ids.to_vec(), listed, named };
        sequence.asked = Some(Asked { length, listed, reply: model.ask(question) });
    }

    /// Makes sure that what a view and samplers need is there: of a model in memory, it is.
    ///
    /// # Errors
    /// [`EngineError::Awaited`] while it is not there yet; else if the engine elsewhere cannot
    /// be asked, or what it tells is no distribution.
    pub(super) fn receive(
        &mut self,
        slot: usize,
        length: usize,
        view: View<'_>,
        settings: &[SamplerSettings],
    ) -> Result<()> {
        let Model::Elsewhere(model) = &self.model else { return Ok(()) };
        let most = model.most_listed().min(self.description.vocab_size as usize);
        self.take_answer(slot, length)?;
        let listed = match &self.sequences[slot].logits {
            Some((of, Logits::Listed(listed))) if *of == length => listed,
            Some((of, _)) if *of == length => return Ok(()),
            _ => {
                self.ask(slot, length);
                return Err(EngineError::Awaited);
            }
        };
        let (told, wanted) = (self.sequences[slot].told, view.candidates.min(most));
        let beyond = |settings: &SamplerSettings| {
            reaches_beyond(listed, settings, view.context).unwrap_or(true)
        };
        let unknown: Vec<TokenId> =
            view.watch.iter().copied().filter(|id| !listed.knows(*id)).collect();
        let more = told < wanted || (told < most && settings.iter().any(beyond));
        if more {
            // The next texts of this slot are likely to need as many.
            let more = if settings.iter().any(beyond) { most } else { wanted };
            self.sequences[slot].listed = more;
            self.sequences[slot].logits = None;
            self.ask_for(slot, length, more, view.watch.to_vec());
            return Err(EngineError::Awaited);
        }
        if !unknown.is_empty() {
            self.ask_for(slot, length, told, unknown);
            return Err(EngineError::Awaited);
        }
        Ok(())
    }

    /// Takes the answer to what was asked after the first `length` tokens of a slot, if it has
    /// come.
    fn take_answer(&mut self, slot: usize, length: usize) -> Result<()> {
        let vocab_size = self.description.vocab_size as usize;
        let sequence = &mut self.sequences[slot];
        let Some(asked) = sequence.asked.as_mut().filter(|asked| asked.length == length)
        else {
            return Ok(());
        };
        let answer = asked.reply.take().ok_or(EngineError::Awaited)?;
        sequence.told = asked.listed;
        sequence.asked = None;
        let (listed, named) = match answer.map_err(EngineError::Elsewhere)? {
            RemoteAnswer::Next { listed, named } => (listed, named),
            RemoteAnswer::Score(_) => {
                return Err(unusable("it answers another question"));
            }
        };
        let logits = match &sequence.logits {
            // More tokens were named.
            Some((of, Logits::Listed(known))) if *of == length => {
                known.clone().naming(named)
            }
            _ => Listed::new(&listed, &named, vocab_size)
                .map_err(|error| unusable(&error.to_string()))?,
        };
        let logits = match logits.whole() {
            Some(values) => Logits::Host { values, vocab_size },
            None => Logits::Listed(logits),
        };
        sequence.logits = Some((length, logits));
        Ok(())
    }
}

/// The error of an answer that is no answer.
pub(super) fn unusable(why: &str) -> EngineError {
    EngineError::Elsewhere(Failure {
        code: ErrorCode::Network,
        message: format!(
            "The engine elsewhere gave an answer that cannot be used: {why}."
        ),
        hint: Some("Try again; if it happens again, look at that engine.".into()),
    })
}
