//! The evaluation: embeddings, block after block, then the output head for the last
//! position.
//!
//! T tokens, H hidden width, V vocabulary.

use candle_core::{Device, Tensor};
use model_files::config::{Config, MixerKind};
use model_files::memory;
use model_files::weights::FeedForward;

use super::ends::{apply_head, embedded};
use super::experts::ExpertsRun;
use super::layer_reader::{MlpNumbers, Reader, count_numbers, no_room};
use super::streams::{Beginning, merged};
use crate::candle_decoder::{
    Layer, LayerCache, Norm, Span, capacity, causal_mask, linear_bias, projected,
};
use crate::error::Result;
use crate::model_weights::ModelWeights;
use crate::recurrence;
use crate::rope::Rope;

/// The operations of one step, about: 60 ms of a slow machine.
const OPERATIONS_PER_STEP: usize = 240_000_000;
/// The tokens of one step. With fewer than the least, a product would mostly wait for the
/// weights.
const TOKENS_PER_STEP: (usize, usize) = (4, 64);

/// The logits after a text, while they are computed.
///
/// Each [`step`](Self::step) takes a bounded time: it converts some rows of a block, runs
/// some tokens through it, or applies some rows of the output head. In memory are one
/// block in f32, its keys and values, the hidden states, and some rows of the head.
#[derive(Debug)]
pub struct ReferenceLogits {
    ids: Vec<u32>,
    /// The residual stream, [T, H], or all streams, [T, A · H]; empty before the first block.
    stream: Vec<f32>,
    /// What blocks hand to those after them, or have as inputs, a row for each token; empty
    /// but for RWKV and Gemma 3n.
    handed_on: Vec<f32>,
    /// Keys and values of layers that later ones take, by their numbers.
    shared: Vec<(usize, LayerCache)>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The text is embedded.
    Begin(Box<Beginning>),
    /// A block is converted to f32.
    Read { index: usize, reader: Reader },
    /// The tokens go through a block; the first `done` have.
    Run { index: usize, block: Box<Block>, done: usize },
    /// The tokens go through the experts of a block.
    Experts { index: usize, block: Box<Block> },
    /// The output head is applied to the last hidden state, [1, H].
    Head { state: Tensor, logits: Vec<f32> },
}

/// A block in f32, with what it needs to run.
#[derive(Debug)]
struct Block {
    layer: Layer,
    cache: LayerCache,
    rope: Rope,
    /// The numbers of its matrices.
    numbers: usize,
    /// What has come through it so far, on its way through the experts; empty without.
    experts: ExpertsRun,
}

impl ReferenceLogits {
    /// Begins to compute the logits after `ids`: at least one, at most as many as the
    /// model's context has, all below V.
    pub fn new(ids: &[u32]) -> ReferenceLogits {
        let stage = Stage::Begin(Box::default());
        ReferenceLogits {
            ids: ids.to_vec(),
            stream: Vec::new(),
            handed_on: Vec::new(),
            shared: Vec::new(),
            stage,
        }
    }

    /// Goes on for a bounded time, always with the same weights. Returns the logits,
    /// `[V]`, once they are complete; it must not be called again then, nor after an
    /// error.
    ///
    /// # Errors
    /// If there is no memory for it, or the computation fails.
    pub fn step(&mut self, weights: &dyn ModelWeights) -> Result<Option<Vec<f32>>> {
        let config = weights.config();
        match &mut self.stage {
            Stage::Begin(beginning) => {
                if beginning.is_new() {
                    **beginning = Beginning::of(embedded(weights, &self.ids)?);
                } else if let Some(begun) = beginning.step(weights, &self.ids)? {
                    (self.stream, self.handed_on) = begun;
                    let each = recurrence::handed_on(config.recurring());
                    let values = memory::zeros::<f32>(&[self.ids.len(), each]);
                    self.handed_on.extend(values.map_err(no_room)?);
                    self.stage = Stage::Read { index: 0, reader: Reader::default() };
                }
            }
            Stage::Read { index, reader } if *index == config.num_hidden_layers => {
                let last = self.stream.len() - config.stream_width();
                let streams = &self.stream[last..];
                let shape = (1, streams.len());
                let streams = Tensor::from_slice(streams, shape, &Device::Cpu)?;
                let merged = merged(weights, reader, &streams)?;
                let Some(state) = merged else { return Ok(None) };
                let norm = Norm::new(&weights.norm()?, &config.norm, &Device::Cpu)?;
                let logits = memory::reserved(&[config.vocab_size]).map_err(no_room)?;
                let state = norm.forward(&state)?;
                let state = match weights.projections() {
                    Some(projections) => projected(&state, &projections.output)?,
                    None => state,
                };
                self.stage = Stage::Head { state, logits };
            }
            Stage::Read { index, reader } => {
                let (index, mut numbers) = (*index, weights.layer(*index)?);
                if let FeedForward::Experts(experts) = &mut numbers.mlp {
                    experts.experts.clear();
                }
                if let Some(layer) = reader.layer(&numbers)? {
                    let local = layer.kind.window.and(config.local_rope.as_ref());
                    let block = Box::new(Block {
                        rope: Rope::new(local.unwrap_or(&config.rope)),
                        layer: Layer::new(layer, config, &Device::Cpu)?,
                        cache: taken(&mut self.shared, config.layers[index].shares),
                        numbers: count_numbers(&numbers)?,
                        experts: ExpertsRun::default(),
                    });
                    self.stage = Stage::Run { index, block, done: 0 };
                }
            }
            Stage::Run { index, block, done } => {
                let (index, start) = (*index, *done);
                let rows = (&mut self.stream[..], &mut self.handed_on[..]);
                *done += block.run(config, self.ids.len(), start, rows)?;
                if *done == self.ids.len() {
                    let kind = config.layers[index];
                    let later = config.layers.iter().filter_map(|kind| kind.shares);
                    let number = kind.shares.unwrap_or(index);
                    if later.clone().any(|shared| shared == number) {
                        let cache = std::mem::take(&mut block.cache);
                        self.shared.push((number, cache));
                    }
                    self.stage = match std::mem::replace(&mut self.stage, next(index)) {
                        Stage::Run { block, .. } if block.layer.mixture().is_some() => {
                            Stage::Experts { index, block }
                        }
                        _ => next(index),
                    };
                }
            }
            Stage::Experts { index, block } => {
                let (index, numbers) = (*index, weights.layer(*index)?);
                let experts: &[MlpNumbers<'_>] = match &numbers.mlp {
                    FeedForward::Experts(experts) => &experts.experts,
                    FeedForward::Dense(_) | FeedForward::None => &[],
                };
                if block.experts.step(experts, config)? {
                    let experts = std::mem::take(&mut block.experts);
                    experts.finish(&block.layer, config, &mut self.stream)?;
                    self.stage = next(index);
                }
            }
            Stage::Head { state, logits } => {
                apply_head(weights, state, logits)?;
                if logits.len() == weights.head().shape().0 {
                    return Ok(Some(std::mem::take(logits)));
                }
            }
        }
        Ok(None)
    }

    /// How far it has come, and the end: in tokens that went through a block, where the
    /// output head counts as one more block.
    pub fn progress(&self, weights: &dyn ModelWeights) -> (u64, u64) {
        let (blocks, tokens) = (weights.config().num_hidden_layers, self.ids.len());
        let done = match &self.stage {
            Stage::Begin(_) => 0,
            Stage::Read { index, .. } => index * tokens,
            Stage::Run { index, done, .. } => index * tokens + done,
            Stage::Experts { index, .. } => (index + 1) * tokens,
            Stage::Head { logits, .. } => {
                let rows = weights.head().shape().0.max(1);
                blocks * tokens + tokens * logits.len() / rows
            }
        };
        (done as u64, ((blocks + 1) * tokens) as u64)
    }
}

impl Block {
    /// Runs tokens from `start` on through the block, in place in `stream`, [T, H], and in
    /// what blocks hand on.
    /// Returns how many that were.
    fn run(
        &mut self,
        config: &Config,
        tokens: usize,
        start: usize,
        (stream, handed_on): (&mut [f32], &mut [f32]),
    ) -> Result<usize> {
        let device = &Device::Cpu;
        let width = config.stream_width();
        let attended = tokens.saturating_mul(2 * config.q_size());
        let operations = 2 * self.numbers.saturating_add(attended);
        let (least, most) = TOKENS_PER_STEP;
        let count = (OPERATIONS_PER_STEP / operations.max(1)).clamp(least, most);
        let count = count.min(tokens - start);
        self.check_memory(config, start, count)?;

        // The angles depend on the length of the whole text.
        let long = config.rope.switches_at().is_some_and(|limit| tokens > limit);
        let positions = (start..start + count).map(|position| (position, long));
        let rotation = match self.layer.kind.rope {
            true => Some(self.rope.rotation(positions, device)?),
            false => None,
        };
        let mask = causal_mask(start, count, self.layer.kind.window, device)?;
        let bias = linear_bias(config, start + count, device)?;
        let each = handed_on.len() / tokens.max(1);
        let handed_on = &mut handed_on[start * each..(start + count) * each];
        let cache = &mut self.cache;
        let end = start + count;
        let span = Span { rows: 0..count, mask, bias, end, cache, handed_on };
        let rows = &mut stream[start * width..end * width];
        let x = Tensor::from_slice(rows, (count, width), device)?;
        let x = match self.layer.mixture() {
            Some(_) => {
                let (_, x) = self.layer.mix(&x, rotation.as_ref(), &mut [span], None)?;
                self.experts.add(&self.layer, &x)?;
                x
            }
            None => self.layer.forward(&x, rotation.as_ref(), &mut [span], None)?,
        };
        rows.copy_from_slice(&x.flatten_all()?.to_vec1::<f32>()?);
        Ok(count)
    }

    /// Checks that a pass fits in memory, before candle allocates it: candle cannot
    /// report a failed allocation.
    fn check_memory(&self, config: &Config, start: usize, count: usize) -> Result<()> {
        let length = start + count;
        let grows = start == 0 || capacity(length) > capacity(start);
        let width = match self.layer.kind.mixer {
            MixerKind::Attention if self.layer.kind.shares.is_some() => 0,
            MixerKind::Attention => match &config.latent {
                Some(latent) => {
                    config.num_attention_heads * (config.head_dim + latent.value_width)
                }
                None => 2 * config.kv_size(),
            },
            MixerKind::Convolution => config.hidden_size,
            MixerKind::Recurrence => 0,
        };
        let cached = if grows { capacity(length).saturating_mul(width) } else { 0 };
        // Scores, their softmax and one copy, [N, T, S], and the mask.
        let scores = (3 * config.num_attention_heads + 1)
            .saturating_mul(count)
            .saturating_mul(length);
        // Gate, up, their product, and what goes in and out.
        let widths = 3 * config.widest_inner() + 8 * config.stream_width();
        let numbers = cached.saturating_add(scores).saturating_add(count * widths);
        memory::check_room(numbers.saturating_mul(size_of::<f32>())).map_err(no_room)
    }
}

/// The cache that a block begins with: an empty one, or that of the layer whose keys and
/// values it takes.
fn taken(shared: &mut Vec<(usize, LayerCache)>, from: Option<usize>) -> LayerCache {
    let place = from.and_then(|from| shared.iter().position(|(layer, _)| *layer == from));
    place.map(|place| shared.swap_remove(place).1).unwrap_or_default()
}

/// The stage behind a block.
fn next(index: usize) -> Stage {
    Stage::Read { index: index + 1, reader: Reader::default() }
}
