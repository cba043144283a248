//! Loads a decoder's weights from a source and checks every shape.

use kernels::PackedMatrix;

use super::decoder_weights::{DecoderWeights, LayerWeights, MixerWeights};
use super::matrix::Matrix;
use super::parts::{NormWeights, Projection};
use super::source::TensorSource;
use super::stored::StoredMatrix;
use super::tensor_id::{Role, TensorId};
use crate::config::{Block, Config, MixerKind, NormKind, RopeScaling};
use crate::error::Result;

/// A type of matrix that a source can load.
pub trait LoadMatrix: Sized {
    /// Loads a matrix of shape [rows, columns].
    ///
    /// # Errors
    /// If it is missing, has another shape, or does not fit in memory.
    fn load(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Self>;

    /// Loads an embedding or output head of shape [rows, columns], which may be in a
    /// wider number format than other matrices.
    ///
    /// # Errors
    /// If it is missing, has another shape, or does not fit in memory.
    fn load_wide(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Self> {
        Self::load(source, id, rows, columns)
    }
}

impl LoadMatrix for Matrix {
    fn load(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        source.matrix(id, rows, columns)
    }

    fn load_wide(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        source.wide_matrix(id, rows, columns)
    }
}

impl LoadMatrix for PackedMatrix {
    fn load(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        source.packed(id, rows, columns)
    }
}

impl LoadMatrix for StoredMatrix {
    fn load(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<StoredMatrix> {
        source.stored(id, rows, columns)
    }
}

/// Loads the weights of a configuration from a source.
pub(super) struct WeightLoader<'a> {
    pub(super) config: &'a Config,
    pub(super) source: &'a mut dyn TensorSource,
}

impl<M: LoadMatrix> DecoderWeights<M> {
    /// Loads all tensors from `source`. Factors of rotary frequencies among them are
    /// stored in `config`. `progress` gets the number of loaded layers and their total
    /// before each layer.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape than the configuration says, or does
    /// not fit in memory.
    pub fn load(
        config: &mut Config,
        source: &mut dyn TensorSource,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<DecoderWeights<M>> {
        load_rope_factors(config, source)?;
        let (hidden, vocab_size) = (config.hidden_size, config.vocab_size);
        let mut loader = WeightLoader { config, source };
        let embedding = TensorId::outside(Role::Embedding);
        let width = config.embedding_width.unwrap_or(hidden);
        let embed_tokens = M::load_wide(loader.source, embedding, vocab_size, width)?;
        let projections = loader.projections()?;
        let positions = match config.learned_positions {
            true => {
                let shape = [config.context_length, hidden];
                let id = TensorId::outside(Role::Positions);
                Some(loader.source.numbers(id, &shape)?)
            }
            false => None,
        };
        let embedding_norm = match config.embedding_norm {
            true => Some(loader.norm(TensorId::outside(Role::EmbeddingNorm), hidden)?),
            false => None,
        };
        let layer_embedding = loader.layer_embedding()?;
        let inputs = loader.layer_inputs()?;
        let count = config.num_hidden_layers;
        let layers = (0..count).map(|index| {
            progress(index as u64, count as u64);
            loader.layer(index)
        });
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let last = match config.block {
            Block::NormAfterSum => TensorId::of_layer(count - 1, Role::MlpOutputNorm),
            _ => TensorId::outside(Role::FinalNorm),
        };
        let norm = loader.norm(last, hidden)?;
        let head = TensorId::outside(Role::Head);
        let tied =
            config.tie_word_embeddings.unwrap_or_else(|| !loader.source.contains(head));
        let lm_head = match tied {
            true => None,
            false => Some(M::load_wide(loader.source, head, vocab_size, width)?),
        };
        let head_bias = loader.bias(config.head_bias, head, vocab_size)?;
        Ok(DecoderWeights {
            embed_tokens,
            projections,
            positions,
            embedding_norm,
            layer_embedding,
            inputs,
            layers,
            norm,
            lm_head,
            head_bias,
        })
    }
}

/// Loads the factors of rotary frequencies that GGUF files have as tensors.
fn load_rope_factors(config: &mut Config, source: &mut dyn TensorSource) -> Result<()> {
    let pairs = [config.rope.rotated / 2];
    let all = TensorId::outside(Role::RopeFactors);
    if source.contains(all) {
        config.rope.scaling = RopeScaling::Factors(source.numbers(all, &pairs)?);
    }
    if let RopeScaling::Long { short, long, .. } = &mut config.rope.scaling
        && short.is_empty()
    {
        *short = source.numbers(TensorId::outside(Role::RopeFactorsShort), &pairs)?;
        *long = source.numbers(TensorId::outside(Role::RopeFactorsLong), &pairs)?;
    }
    config.rope.check(config.head_dim)
}

impl WeightLoader<'_> {
    fn layer<M: LoadMatrix>(&mut self, index: usize) -> Result<LayerWeights<M>> {
        let config = self.config;
        let hidden = config.hidden_size;
        let kind = config.layers[index];
        let (before, after, mlp_has_norm) = match config.block {
            Block::PreNorm | Block::ParallelTwoNorms => (true, false, true),
            Block::PostNorm => (false, true, false),
            Block::Sandwich => (true, true, true),
            Block::Parallel | Block::MixerOnly => (true, false, false),
            Block::NormAfterSum => (index > 0, false, true),
        };
        let mut norm = |exists: bool, role| match exists {
            true => self.norm(TensorId::of_layer(index, role), hidden).map(Some),
            false => Ok(None),
        };
        let after_sum = config.block == Block::NormAfterSum;
        let mlp_norm_role = if after_sum { Role::MixedNorm } else { Role::MlpNorm };
        let mixed_norm = norm(after, Role::MixedNorm)?;
        let mlp_norm = norm(mlp_has_norm, mlp_norm_role)?;
        let mlp_output_norm = norm(after, Role::MlpOutputNorm)?;
        let input_norm = match (after_sum, index) {
            (true, 1..) => {
                let id = TensorId::of_layer(index - 1, Role::MlpOutputNorm);
                Some(self.norm(id, hidden)?)
            }
            _ => norm(before, Role::InputNorm)?,
        };
        let mixer = match kind.mixer {
            MixerKind::Attention => match config.latent {
                Some(latent) => MixerWeights::Latent(self.latent(index, &latent)?),
                None => MixerWeights::Attention(self.attention(index)?),
            },
            MixerKind::Convolution => MixerWeights::Convolution(self.convolution(index)?),
            MixerKind::Recurrence => MixerWeights::Recurrence(self.recurrence(index)?),
        };
        let mlp = self.feed_forward(index)?;
        Ok(LayerWeights {
            kind,
            input_norm,
            mixer,
            mixed_norm,
            mlp_norm,
            mlp,
            mlp_output_norm,
            streams: self.streams(index)?,
        })
    }

    #[inline(never)]
    pub(super) fn projection<M: LoadMatrix>(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
        bias: bool,
    ) -> Result<Projection<M>> {
        let weight = M::load(self.source, id, rows, columns)?;
        Ok(Projection { weight, bias: self.bias(bias, id, rows)? })
    }

    #[inline(never)]
    pub(super) fn bias(
        &mut self,
        exists: bool,
        id: TensorId,
        length: usize,
    ) -> Result<Option<Vec<f32>>> {
        match exists {
            true => self.source.numbers(id.bias(), &[length]).map(Some),
            false => Ok(None),
        }
    }

    #[inline(never)]
    pub(super) fn norm(&mut self, id: TensorId, width: usize) -> Result<NormWeights> {
        let norm = self.config.norm;
        if !norm.weights {
            return Ok(NormWeights { weight: vec![1.0; width], bias: None });
        }
        let mut weight = self.source.numbers(id, &[width])?;
        weight.iter_mut().for_each(|weight| *weight += norm.offset);
        let bias = norm.bias && norm.kind == NormKind::Layer;
        Ok(NormWeights { weight, bias: self.bias(bias, id, width)? })
    }
}
