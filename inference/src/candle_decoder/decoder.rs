//! The decoder: from ids to hidden states, and from these to logits.
//!
//! T new positions, H hidden width, V vocabulary.

use candle_core::{Device, Result, Tensor};
use kernels::OutOfMemory;
use model_files::config::Config;
use model_files::memory;
use model_files::weights::{DecoderWeights, EmbeddingProjections, Matrix, TensorSource};

use super::cache::{LayerCache, capacity};
use super::layer::Layer;
use super::mask::{causal_mask, linear_bias};
use super::norm::Norm;
use super::scores::Span;
use super::streams::Inputs;
use super::tap::PassTap;
use crate::language_model::{LanguageModel, Part};
use crate::long_rope::{History, SwitchesAngles};
use crate::recurrence::State;
use crate::replay::{Past, Recurs};
use crate::rope::Rope;
use crate::taps::Taps;

/// A decoder with the caches of the sequences that it has read.
#[derive(Debug)]
pub struct CandleDecoder {
    pub(super) config: Config,
    pub(super) device: Device,
    pub(super) embed_tokens: Matrix,
    /// What lies between embeddings of another width and the blocks.
    pub(super) projections: Option<EmbeddingProjections>,
    /// Learned position embeddings, [context, H].
    pub(super) positions: Option<Tensor>,
    /// The norm of the embeddings.
    pub(super) embedding_norm: Option<Norm>,
    /// The inputs of layers for each token, [tokens, L · P].
    pub(super) layer_embedding: Option<Matrix>,
    /// What else several residual streams and inputs of layers are made of.
    pub(super) inputs: Option<Inputs>,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Norm,
    pub(super) lm_head: Matrix,
    /// `[V]`.
    pub(super) head_bias: Option<Tensor>,
    /// The rotary embedding of most layers, and that of layers with a window if it
    /// differs.
    ropes: (Rope, Option<Rope>),
    pub(super) sequences: Vec<Sequence>,
    /// Whether logits stay on the device, which then computes their distributions.
    pub(super) logits_on_device: bool,
}

/// The caches, one for each layer, and the history of the tokens that a sequence has so
/// far.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    pub(super) layers: Vec<LayerCache>,
    pub(super) cached: usize,
    pub(super) history: History,
    pub(super) past: Past,
}

impl CandleDecoder {
    /// Loads the tensors of the decoder from `source`. `progress` gets the number of
    /// loaded layers and their total.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape than the configuration says, or does
    /// not fit in memory.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        device: &Device,
        progress: &mut dyn FnMut(u64, u64),
    ) -> crate::error::Result<CandleDecoder> {
        let weights: DecoderWeights<Matrix> =
            DecoderWeights::load(&mut config, source, progress)?;
        let layers = weights.layers.into_iter();
        let shape = (config.context_length, config.hidden_size);
        let positions = weights.positions;
        Ok(CandleDecoder {
            positions: positions
                .map(|positions| Tensor::from_vec(positions, shape, device))
                .transpose()?,
            embedding_norm: match &weights.embedding_norm {
                Some(norm) => Some(Norm::new(norm, &config.norm, device)?),
                None => None,
            },
            layer_embedding: weights.layer_embedding,
            inputs: match weights.inputs {
                Some(inputs) => Some(Inputs::new(*inputs, &config, device)?),
                None => None,
            },
            layers: layers
                .map(|layer| Layer::new(layer, &config, device))
                .collect::<Result<_>>()?,
            norm: Norm::new(&weights.norm, &config.norm, device)?,
            lm_head: weights.lm_head.unwrap_or_else(|| weights.embed_tokens.clone()),
            embed_tokens: weights.embed_tokens,
            projections: weights.projections,
            head_bias: weights
                .head_bias
                .map(|bias| Tensor::new(bias, device))
                .transpose()?,
            ropes: (Rope::new(&config.rope), config.local_rope.as_ref().map(Rope::new)),
            sequences: Vec::new(),
            logits_on_device: !device.is_cpu(),
            device: device.clone(),
            config,
        })
    }

    /// Leaves logits on the device or brings them to memory. The default is memory for a
    /// CPU and the device for all others.
    pub fn leave_logits_on_device(&mut self, leave: bool) {
        self.logits_on_device = leave;
    }

    /// Checks that a pass fits in memory, before candle allocates it: candle cannot
    /// report a failed allocation, it ends the process. A GPU reports its own.
    fn check_memory(&self, parts: &[Part<'_>]) -> crate::error::Result<()> {
        if !self.device.is_cpu() {
            return Ok(());
        }
        let heads = self.config.num_attention_heads;
        let (mut caches, mut most_scores) = (0_usize, 0_usize);
        for part in parts {
            let cached = self.sequences[part.slot].cached;
            let length = cached + part.ids.len();
            if capacity(length) > capacity(cached) || cached == 0 {
                let cache = capacity(length).saturating_mul(self.bytes_per_token());
                caches = caches.saturating_add(cache);
            }
            // Scores, their softmax and one copy, [N, T, S] in f32.
            let scores = part.ids.len().saturating_mul(length).saturating_mul(heads);
            most_scores = most_scores.max(scores.saturating_mul(3 * size_of::<f32>()));
        }
        memory::check_room(caches.saturating_add(most_scores))
            .map_err(|_| OutOfMemory.into())
    }

    /// Runs all parts through the layers in one pass, each after the cached tokens of its
    /// sequence: the final hidden states, [T, H]. With a tap, there is one part.
    fn pass(
        &self,
        parts: &[Part<'_>],
        sequences: &mut [Sequence],
        mut tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        let positions: Vec<(usize, bool)> = parts
            .iter()
            .zip(sequences.iter())
            .flat_map(|(part, sequence)| {
                let positions = (sequence.cached..).take(part.ids.len());
                positions.map(|position| (position, sequence.history.long))
            })
            .collect();
        let rotation =
            |rope: &Rope| rope.rotation(positions.iter().copied(), &self.device);
        let global = rotation(&self.ropes.0)?;
        let local = self.ropes.1.as_ref().map(rotation).transpose()?;
        // Layers with the same window share the masks.
        let mut masks: Vec<(Option<usize>, Vec<Option<Tensor>>)> = Vec::new();

        let (mut x, mut handed_on) = self.embedded(parts, &positions)?;
        self.keep_merged(tap.as_deref_mut(), &x, 1)?;
        let biases = parts.iter().zip(sequences.iter()).map(|(part, sequence)| {
            linear_bias(&self.config, sequence.cached + part.ids.len(), &self.device)
        });
        let biases = biases.collect::<Result<Vec<_>>>()?;
        for (index, layer) in self.layers.iter().enumerate() {
            let window = layer.kind.window;
            let same_window = masks.iter().position(|(of, _)| *of == window);
            let masks_index = match same_window {
                Some(masks_index) => masks_index,
                None => {
                    masks.push((window, self.masks(parts, sequences, window)?));
                    masks.len() - 1
                }
            };
            let mut next = 0;
            let added = masks[masks_index].1.iter().zip(&biases);
            let spans = sequences.iter_mut().zip(parts).zip(added);
            let spans = spans.zip(&mut handed_on);
            let spans = spans.map(|(((sequence, part), (mask, bias)), handed_on)| {
                let rows = next..next + part.ids.len();
                next = rows.end;
                let (mask, bias) = (mask.clone(), bias.clone());
                let end = sequence.cached + part.ids.len();
                let cache = &mut sequence.layers[layer.kind.shares.unwrap_or(index)];
                Span { rows, mask, bias, end, cache, handed_on }
            });
            let mut spans: Vec<Span<'_>> = spans.collect();
            let local = local.as_ref().filter(|_| window.is_some());
            let rotation = layer.kind.rope.then(|| local.unwrap_or(&global));
            // By far the most time is spent here, in the layer's products.
            x = layer.forward(&x, rotation, &mut spans, tap.as_deref_mut())?;
            if self.inputs.is_some() {
                self.keep_merged(tap.as_deref_mut(), &x, 2)?;
            }
        }
        for (sequence, part) in sequences.iter_mut().zip(parts) {
            sequence.cached += part.ids.len();
        }
        self.norm.forward(&self.merged(&x)?)
    }

    /// The mask of each part, for a layer with this window.
    fn masks(
        &self,
        parts: &[Part<'_>],
        sequences: &[Sequence],
        window: Option<usize>,
    ) -> Result<Vec<Option<Tensor>>> {
        let masks = parts.iter().zip(sequences).map(|(part, sequence)| {
            causal_mask(sequence.cached, part.ids.len(), window, &self.device)
        });
        masks.collect()
    }

    /// Creates the slot if it is missing.
    pub(super) fn ensure_slot(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            let layers = self.layers.iter().map(|_| LayerCache::default()).collect();
            self.sequences.push(Sequence { layers, ..Sequence::default() });
        }
    }
}

impl SwitchesAngles for CandleDecoder {
    fn switches_at(&self) -> Option<usize> {
        self.config.rope.switches_at()
    }

    fn history(&mut self, slot: usize) -> &mut History {
        &mut self.sequences[slot].history
    }

    fn cached_tokens(&self, slot: usize) -> usize {
        self.sequences[slot].cached
    }

    fn clear_caches(&mut self, slot: usize) {
        let sequence = &mut self.sequences[slot];
        sequence.cached = 0;
        sequence.layers.iter_mut().for_each(|cache| *cache = LayerCache::default());
    }

    fn compute(
        &mut self,
        parts: &[Part<'_>],
        taps: Option<&mut Taps>,
    ) -> crate::error::Result<Vec<f32>> {
        self.check_memory(parts)?;
        let mut tap = taps.as_deref().map(PassTap::new);
        let taken =
            parts.iter().map(|part| std::mem::take(&mut self.sequences[part.slot]));
        let mut sequences: Vec<Sequence> = taken.collect();
        let states = self.pass(parts, &mut sequences, tap.as_mut());
        for (part, sequence) in parts.iter().zip(sequences) {
            self.sequences[part.slot] = sequence;
        }
        let states = states?.flatten_all()?.to_vec1()?;
        if let (Some(tap), Some(taps)) = (tap, taps) {
            tap.finish(taps)?;
        }
        Ok(states)
    }
}

impl Recurs for CandleDecoder {
    fn recurs(&self) -> bool {
        self.config.recurring().is_some()
    }

    fn past(&mut self, slot: usize) -> &mut Past {
        &mut self.sequences[slot].past
    }

    fn states(&mut self, slot: usize) -> Vec<State> {
        self.sequences[slot].layers.iter().map(|cache| cache.state.clone()).collect()
    }

    fn go_back(&mut self, slot: usize, length: usize, states: Option<&[State]>) {
        let sequence = &mut self.sequences[slot];
        sequence.cached = length;
        for (index, cache) in sequence.layers.iter_mut().enumerate() {
            cache.truncate(length);
            let state = states.and_then(|states| states.get(index));
            cache.state = state.cloned().unwrap_or_default();
        }
    }
}
