//! Loads projections between embeddings of another width and the blocks.

use super::decoder_weights::EmbeddingProjections;
use super::loader::WeightLoader;
use super::tensor_id::{Role, TensorId};
use crate::error::Result;

impl WeightLoader<'_> {
    /// The projections, if the model has them.
    pub(super) fn projections(&mut self) -> Result<Option<EmbeddingProjections>> {
        let Some(width) = self.config.embedding_width else { return Ok(None) };
        let hidden = self.config.hidden_size;
        let mut numbers = |role, shape: [usize; 2]| {
            self.source.numbers(TensorId::outside(role), &shape)
        };
        Ok(Some(EmbeddingProjections {
            input: numbers(Role::EmbeddingIn, [hidden, width])?,
            output: numbers(Role::EmbeddingOut, [width, hidden])?,
        }))
    }
}
