//! One pass of T tokens, of any sequences, through all layers.
//!
//! Every step writes buffers by parts that no two members share, and reads what was
//! written before the last barrier. That is what makes the unsafe accesses sound; each
//! says which part is whose.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{
    Activations, Kernels, Member, NoRoom, PackedMatrix, Scratch, Shared, TILE_ROWS,
    rotate,
};

use super::FusedDecoder;
use crate::config::{Block, NormConfig, NormKind, QkNorm};
use crate::weights::{AttentionWeights, LayerWeights, MixerWeights, NormWeights};

pub(super) type Layer = LayerWeights<PackedMatrix>;

/// A token of a pass. Those of one sequence come in the order of their positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its sequence.
    pub(super) slot: usize,
    pub(super) position: usize,
    pub(super) id: u32,
}

/// One member's view of a pass.
pub(super) struct Pass<'a> {
    pub(super) decoder: &'a FusedDecoder,
    pub(super) member: &'a Member<'a>,
    /// T.
    pub(super) tokens: usize,
    pub(super) rows: &'a [Row],
    /// Those of most layers, and those of layers with a window if they are others.
    angles: &'a (Angles, Option<Angles>),
}

/// Cosines and sines of each token's position, [T, R/2], where R channels are rotated.
type Angles = (Vec<f32>, Vec<f32>);

impl FusedDecoder {
    /// Reads T tokens, each after those of its sequence that are cached or come before it
    /// here; `states` gets the final hidden states, [T, H]. There must be room in the caches.
    ///
    /// # Errors
    /// If there is no memory for what chunks of positions give.
    pub(super) fn pass(
        &mut self,
        rows: &[Row],
        states: &mut [f32],
    ) -> Result<(), NoRoom> {
        let hidden = self.config.hidden_size;
        let stream = self.buffers.stream.as_mut_slice();
        let scale = self.config.scales.embedding as f32;
        for (row, numbers) in rows.iter().zip(stream.chunks_exact_mut(hidden)) {
            self.embed_tokens.row(row.id as usize, numbers);
            numbers.iter_mut().for_each(|number| *number *= scale);
            if let Some(positions) = &self.positions {
                let start = row.position * hidden;
                let position = &positions[start..start + hidden];
                numbers.iter_mut().zip(position).for_each(|(x, p)| *x += p);
            }
        }
        if let [row] = rows {
            self.make_room_for_parts(row.position + 1)?;
        }
        let sequences = &self.sequences;
        let positions =
            || rows.iter().map(|row| (row.position, sequences[row.slot].history.long));
        let angles = (
            self.ropes.0.angles(positions()),
            self.ropes.1.as_ref().map(|rope| rope.angles(positions())),
        );
        let mut crew = self.crew.take();
        let (decoder, tokens, angles) = (&*self, rows.len(), &angles);
        let job = |member: &Member<'_>| {
            let pass = Pass { decoder, member, tokens, rows, angles };
            let mut scratch = match tokens {
                1 => Scratch::reading_ahead(),
                _ => Scratch::default(),
            };
            for (index, layer) in decoder.layers.iter().enumerate() {
                pass.prepare(layer);
                match &layer.mixer {
                    MixerWeights::Attention(weights) => {
                        pass.attention(index, layer, weights, &mut scratch);
                    }
                    MixerWeights::Convolution(weights) => {
                        pass.convolution(index, weights);
                    }
                }
                pass.mlp(layer);
            }
        };
        match tokens {
            1 => crew.run_and_learn(&job),
            _ => crew.run(&job),
        }
        self.crew = crew;
        let stream = self.buffers.stream.as_mut_slice();
        let rows = stream.chunks_exact(hidden).zip(states.chunks_exact_mut(hidden));
        for (row, state) in rows {
            norm_row(&self.kernels, &self.config.norm, &self.norm, row, state);
        }
        Ok(())
    }

    /// The logits of the output head, [T, V].
    pub(super) fn head_products(
        &mut self,
        x: &Activations,
        tokens: usize,
        logits: &Shared<f32>,
    ) {
        let (head, kernels) = (&*self.lm_head, &self.kernels);
        let bias = self.head_bias.as_deref();
        let (scale, cap) = (self.config.scales.logits as f32, self.config.logit_cap);
        self.crew.run(&|member| {
            let mut put = |token: usize, first: usize, results: &[f32; TILE_ROWS]| {
                let start = token * head.rows() + first;
                let count = TILE_ROWS.min(head.rows() - first);
                // SAFETY: these rows are of this member's tiles, for now.
                let logits = unsafe { logits.get_mut(start..start + count) };
                logits.copy_from_slice(&results[..count]);
                if let Some(bias) = bias {
                    logits.iter_mut().zip(&bias[first..]).for_each(|(x, b)| *x += b);
                }
                if scale != 1.0 {
                    logits.iter_mut().for_each(|x| *x *= scale);
                }
                if let Some(cap) = cap {
                    logits.iter_mut().for_each(|x| *x = (*x / cap).tanh() * cap);
                }
            };
            member.pieces(head.tiles(), |tiles| {
                // SAFETY: nobody writes the inputs.
                unsafe { kernels::product(kernels, head, tiles, x, 0..tokens, &mut put) };
            });
        });
    }
}

/// A row, normalised.
fn norm_row(
    kernels: &Kernels,
    config: &NormConfig,
    norm: &NormWeights,
    row: &[f32],
    out: &mut [f32],
) {
    let (weight, epsilon) = (&norm.weight, config.epsilon as f32);
    match config.kind {
        NormKind::Rms => kernels.norm(row, weight, epsilon, out),
        NormKind::Layer => {
            kernels.layer_norm(row, weight, norm.bias.as_deref(), epsilon, out);
        }
    }
}

impl Pass<'_> {
    pub(super) fn norm_row(&self, norm: &NormWeights, row: &[f32], out: &mut [f32]) {
        norm_row(&self.decoder.kernels, &self.decoder.config.norm, norm, row, out);
    }

    fn attention(
        &self,
        index: usize,
        layer: &Layer,
        weights: &AttentionWeights<PackedMatrix>,
        scratch: &mut Scratch,
    ) {
        let Pass { member, decoder, rows, .. } = *self;
        let buffers = &decoder.buffers;
        self.project_qkv(weights);
        member.barrier();

        if decoder.config.attention.qk_norm == QkNorm::Whole {
            self.norm_whole(weights);
            member.barrier();
        }
        self.rotate_and_cache(index, layer, weights);
        member.barrier();

        match rows {
            [row] => self.attend_alone(*row, index, layer, scratch),
            _ => self.attend(index, layer, scratch),
        }
        member.barrier();

        self.quantise(&buffers.mixed, |inputs| &inputs.mixed);
        self.project_back(&weights.o_proj, &self.inputs().mixed);
        member.barrier();
    }

    fn mlp(&self, layer: &Layer) {
        let Pass { member, decoder, .. } = *self;
        let buffers = &decoder.buffers;
        let inputs = match decoder.config.block {
            Block::Parallel => &self.inputs().hidden,
            Block::ParallelTwoNorms => &self.inputs().other,
            Block::PreNorm | Block::PostNorm | Block::Sandwich => {
                self.absorb(layer.mixed_norm.as_ref());
                let inputs = &self.inputs().hidden;
                self.norm_and_quantise(layer.mlp_norm.as_ref(), inputs);
                self.have_inputs();
                inputs
            }
        };
        self.gate_and_up(&layer.mlp, inputs);
        member.barrier();

        self.quantise(&buffers.up, |inputs| &inputs.inner);
        self.project_back(&layer.mlp.down_proj, &self.inputs().inner);
        member.barrier();
        self.absorb(layer.mlp_output_norm.as_ref());
    }

    /// All queries of a token, and all its keys, are normalised together. By tokens.
    fn norm_whole(&self, weights: &AttentionWeights<PackedMatrix>) {
        let Some((q_norm, k_norm)) = &weights.qk_norm else { return };
        let decoder = self.decoder;
        let (q_size, kv_size) = (decoder.config.q_size(), decoder.config.kv_size());
        let mut normed = vec![0.0; q_size];
        for token in self.member.share(self.tokens) {
            let start = token * (q_size + 2 * kv_size);
            let queries = start..start + q_size;
            let keys = queries.end..queries.end + kv_size;
            for (norm, range) in [(q_norm, queries), (k_norm, keys)] {
                // SAFETY: this token's row is this member's.
                let row = unsafe { decoder.buffers.qkv.get_mut(range) };
                let normed = &mut normed[..row.len()];
                self.norm_row(norm, row, normed);
                row.copy_from_slice(normed);
            }
        }
    }

    /// Queries and keys are normalised and rotated; keys and values go into the cache. By
    /// heads.
    fn rotate_and_cache(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &AttentionWeights<PackedMatrix>,
    ) {
        let Pass { decoder, rows, .. } = *self;
        let config = &decoder.config;
        let norms = weights
            .qk_norm
            .as_ref()
            .filter(|_| config.attention.qk_norm == QkNorm::Heads);
        let (rope, angles) = match (&decoder.ropes.1, &self.angles.1) {
            (Some(rope), Some(angles)) if layer.kind.window.is_some() => (rope, angles),
            _ => (&decoder.ropes.0, &self.angles.0),
        };
        let pairs = angles.0.len() / rows.len().max(1);
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let head_dim = config.head_dim;
        let all = heads + 2 * kv_heads;
        let mut normed = vec![0.0; head_dim];
        for index in self.member.share(all) {
            for (token, row) in rows.iter().enumerate() {
                let sequence = &decoder.sequences[row.slot];
                let start = (token * all + index) * head_dim;
                // SAFETY: this head is this member's.
                let head =
                    unsafe { decoder.buffers.qkv.get_mut(start..start + head_dim) };
                if index >= heads + kv_heads {
                    let index = index - heads - kv_heads;
                    sequence.head(layer_index, index).push_value(head);
                    continue;
                }
                if let Some((q_norm, k_norm)) = norms {
                    let norm = if index < heads { q_norm } else { k_norm };
                    self.norm_row(norm, head, &mut normed);
                    head.copy_from_slice(&normed);
                }
                if layer.kind.rope {
                    let range = token * pairs..(token + 1) * pairs;
                    let (cos, sin) = (&angles.0[range.clone()], &angles.1[range]);
                    rotate(&mut head[..2 * pairs], cos, sin, rope.is_interleaved());
                }
                if index >= heads {
                    sequence.head(layer_index, index - heads).push_key(head);
                }
            }
        }
    }
}
