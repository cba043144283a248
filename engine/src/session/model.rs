//! What computes: a model in memory, or an engine elsewhere.

use inference::{LanguageModel, Logits, Part};

use crate::error::{EngineError, Result};
use crate::remote::RemoteModel;

/// Bytes of a token of a text that an engine elsewhere has read: its id.
const BYTES_PER_REMOTE_TOKEN: usize = 4;

/// What computes for a session.
#[derive(Debug)]
pub(super) enum Model {
    /// A model in memory.
    Here(Box<dyn LanguageModel>),
    /// An engine elsewhere, which is asked for distributions and keeps what it has read.
    Elsewhere(Box<dyn RemoteModel>),
}

impl Model {
    /// The model in memory.
    ///
    /// # Errors
    /// If it runs elsewhere.
    pub(super) fn here(&self) -> Result<&dyn LanguageModel> {
        match self {
            Model::Here(model) => Ok(&**model),
            Model::Elsewhere(_) => Err(not_here()),
        }
    }

    /// The model in memory, to compute with.
    ///
    /// # Errors
    /// If it runs elsewhere.
    pub(super) fn here_mut(&mut self) -> Result<&mut dyn LanguageModel> {
        match self {
            Model::Here(model) => Ok(&mut **model),
            Model::Elsewhere(_) => Err(not_here()),
        }
    }

    /// Reads tokens; see [`LanguageModel::read`]. Nothing is known of states elsewhere: each
    /// token has one number for it.
    pub(super) fn read(&mut self, parts: &[Part<'_>]) -> inference::Result<Vec<f32>> {
        match self {
            Model::Here(model) => model.read(parts),
            Model::Elsewhere(_) => {
                Ok(vec![0.0; parts.iter().map(|part| part.ids.len()).sum()])
            }
        }
    }

    /// See [`LanguageModel::logits`].
    ///
    /// # Errors
    /// If the model runs elsewhere, or the computation fails.
    pub(super) fn logits(&mut self, states: &[f32]) -> Result<Logits> {
        Ok(self.here_mut()?.logits(states)?)
    }

    pub(super) fn state_size(&self) -> usize {
        match self {
            Model::Here(model) => model.state_size(),
            Model::Elsewhere(_) => 1,
        }
    }

    pub(super) fn bytes_per_token(&self) -> usize {
        match self {
            Model::Here(model) => model.bytes_per_token(),
            Model::Elsewhere(_) => BYTES_PER_REMOTE_TOKEN,
        }
    }

    pub(super) fn truncate(&mut self, slot: usize, length: usize) {
        if let Model::Here(model) = self {
            model.truncate(slot, length);
        }
    }

    pub(super) fn copy(
        &mut self,
        from: usize,
        to: usize,
        length: usize,
    ) -> inference::Result<()> {
        match self {
            Model::Here(model) => model.copy(from, to, length),
            Model::Elsewhere(_) => Ok(()),
        }
    }
}

/// The error of what needs the model's weights or states.
fn not_here() -> EngineError {
    let message = "This model runs in an engine elsewhere, which tells probabilities but \
                   nothing from inside of the model.";
    EngineError::Unsupported(message.into())
}
