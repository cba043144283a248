//! The blocks' weights: in memory, or in a file from which every pass reads them, one block
//! after the other.

use kernels::PackedMatrix;
use model_files::weights::{
    DecoderView, DecoderWeights, LayerWeights, NormWeights, StoredMatrix,
};

use crate::error::{InferenceError, Result};
use crate::model_weights::MatrixNumbers;

/// The weights of a block in memory.
pub(super) type Layer = LayerWeights<PackedMatrix>;

/// The weights of all blocks.
#[derive(Debug)]
pub(super) enum Layers {
    /// In memory.
    Here(Vec<Layer>),
    /// In a file.
    Stored(Box<StoredLayers>),
}

/// What stays in a file. Its embedding and output head are in memory, too.
#[derive(Debug)]
pub(super) struct StoredLayers {
    embed_tokens: StoredMatrix,
    lm_head: Option<StoredMatrix>,
    layers: Vec<LayerWeights<StoredMatrix>>,
}

impl Layers {
    /// The weights of a block as numbers.
    ///
    /// # Errors
    /// None; matrices in a file are read when their numbers are.
    pub(super) fn numbers(
        &self,
        index: usize,
    ) -> Result<LayerWeights<&dyn MatrixNumbers>> {
        match self {
            Layers::Here(layers) => {
                layers[index].convert::<_, InferenceError>(&mut |matrix| {
                    let numbers: &dyn MatrixNumbers = matrix;
                    Ok(numbers)
                })
            }
            Layers::Stored(stored) => {
                stored.layers[index].convert::<_, InferenceError>(&mut |matrix| {
                    let numbers: &dyn MatrixNumbers = matrix;
                    Ok(numbers)
                })
            }
        }
    }
}

impl StoredLayers {
    /// What is in memory, without blocks, and what stays in the file.
    ///
    /// # Errors
    /// If the embedding or the output head cannot be read or does not fit in memory, or the model
    /// has other matrices outside of its blocks.
    pub(super) fn split(
        weights: DecoderWeights<StoredMatrix>,
    ) -> Result<(DecoderWeights<PackedMatrix>, StoredLayers)> {
        if weights.layer_embedding.is_some() || weights.inputs.is_some() {
            return Err(not_all_parts());
        }
        let stored = StoredLayers {
            embed_tokens: weights.embed_tokens,
            lm_head: weights.lm_head,
            layers: weights.layers,
        };
        let lm_head = stored.lm_head.as_ref().map(StoredMatrix::load).transpose()?;
        let here = DecoderWeights {
            embed_tokens: stored.embed_tokens.load()?,
            projections: weights.projections,
            positions: weights.positions,
            embedding_norm: weights.embedding_norm,
            layer_embedding: None,
            inputs: None,
            layers: Vec::new(),
            norm: weights.norm,
            lm_head,
            head_bias: weights.head_bias,
        };
        Ok((here, stored))
    }

    /// Reads a block into memory.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or does not fit in memory.
    pub(super) fn load(&self, index: usize) -> Result<Layer> {
        Ok(self.layers[index].convert(&mut StoredMatrix::load)?)
    }

    /// What passes go through; `norm` is that before the output head.
    pub(super) fn view<'a>(
        &'a self,
        norm: &'a NormWeights,
    ) -> DecoderView<'a, StoredMatrix> {
        DecoderView {
            embed_tokens: &self.embed_tokens,
            layers: &self.layers,
            norm,
            lm_head: self.lm_head.as_ref(),
        }
    }
}

/// The error of a model that is not for these kernels, or not from a file.
pub(super) fn not_all_parts() -> InferenceError {
    candle_core::Error::Msg("the kernels have not all parts of this model".into()).into()
}
