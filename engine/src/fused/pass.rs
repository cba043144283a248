//! One pass of T tokens, of any sequences, through all layers.
//!
//! Every step writes buffers by parts that no two members share, and reads what was
//! written before the last barrier. That is what makes the unsafe accesses sound; each
//! says which part is whose.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{
    Activation, Activations, Kernels, Member, PackedMatrix, Scratch, Shared, TILE_ROWS,
    rotate,
};

use super::FusedDecoder;
use crate::config::{self, Block, Config, NormConfig, NormKind, QkNorm};
use crate::weights::{
    AttentionWeights, LayerWeights, MixerWeights, MlpWeights, NormWeights,
};

pub(super) type Layer = LayerWeights<PackedMatrix>;
type Projection = crate::weights::Projection<PackedMatrix>;

/// What a pass writes down; every row belongs to a token.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    pub(super) stream: Shared<f32>,
    /// What a norm makes of before it is added to the stream, [T, H].
    branch: Shared<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: Shared<f32>,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: Shared<f32>,
    /// Both gates of a convolution and what goes in, [T, 3H].
    pub(super) gates: Shared<f32>,
    /// The gate, then its product with up, [T, I].
    gate: Shared<f32>,
    /// [T, I].
    up: Shared<f32>,
    /// Inputs of the products, by their width: H, H again where there are two kinds at
    /// once, N · D and I.
    hidden_inputs: Activations,
    pub(super) other_inputs: Activations,
    mixed_inputs: Activations,
    inner_inputs: Activations,
    /// What chunks of positions give the heads of a single token.
    pub(super) parts: Shared<f32>,
}

impl Buffers {
    pub(super) fn new(config: &Config, tokens: usize) -> Buffers {
        let hidden = config.hidden_size;
        let inner = config.intermediate_size;
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let (q_size, kv_size) = (heads * config.head_dim, kv_heads * config.head_dim);
        let after = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let convolves = config.mixers().1 > 0;
        let two = convolves || config.block == Block::ParallelTwoNorms;
        let some = |there: bool| if there { tokens } else { 0 };
        Buffers {
            stream: Shared::zeros(tokens * hidden),
            branch: Shared::zeros(some(after) * hidden),
            gates: Shared::zeros(some(convolves) * 3 * hidden),
            other_inputs: Activations::new(some(two), hidden),
            qkv: Shared::zeros(tokens * (q_size + 2 * kv_size)),
            mixed: Shared::zeros(tokens * q_size),
            gate: Shared::zeros(tokens * inner),
            up: Shared::zeros(tokens * inner),
            hidden_inputs: Activations::new(tokens, hidden),
            mixed_inputs: Activations::new(tokens, q_size),
            inner_inputs: Activations::new(tokens, inner),
            parts: Shared::zeros(0),
        }
    }
}

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
    /// here; `states` gets the final hidden states, [T, H].
    pub(super) fn pass(&mut self, rows: &[Row], states: &mut [f32]) {
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
            self.make_room_for_parts(row.position + 1);
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
            let mut scratch = Scratch::default();
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
    fn norm_row(&self, norm: &NormWeights, row: &[f32], out: &mut [f32]) {
        norm_row(&self.decoder.kernels, &self.decoder.config.norm, norm, row, out);
    }

    /// Makes the inputs of a block.
    fn prepare(&self, layer: &Layer) {
        let buffers = &self.decoder.buffers;
        self.norm_and_quantise(layer.input_norm.as_ref(), &buffers.hidden_inputs);
        if self.decoder.config.block == Block::ParallelTwoNorms {
            self.norm_and_quantise(layer.mlp_norm.as_ref(), &buffers.other_inputs);
        }
        self.member.barrier();
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

        self.quantise(&buffers.mixed, &buffers.mixed_inputs);
        member.barrier();

        self.project_back(&weights.o_proj, &buffers.mixed_inputs);
        member.barrier();
    }

    fn mlp(&self, layer: &Layer) {
        let Pass { member, decoder, .. } = *self;
        let buffers = &decoder.buffers;
        let inputs = match decoder.config.block {
            Block::Parallel => &buffers.hidden_inputs,
            Block::ParallelTwoNorms => &buffers.other_inputs,
            Block::PreNorm | Block::PostNorm | Block::Sandwich => {
                self.absorb(layer.mixed_norm.as_ref());
                let inputs = &buffers.hidden_inputs;
                self.norm_and_quantise(layer.mlp_norm.as_ref(), inputs);
                member.barrier();
                inputs
            }
        };
        self.gate_and_up(&layer.mlp, inputs);
        member.barrier();

        self.quantise(&buffers.up, &buffers.inner_inputs);
        member.barrier();

        self.project_back(&layer.mlp.down_proj, &buffers.inner_inputs);
        member.barrier();
        self.absorb(layer.mlp_output_norm.as_ref());
    }

    /// The stream, normalised if there is a norm, becomes inputs of width H. By tokens.
    fn norm_and_quantise(&self, norm: Option<&NormWeights>, inputs: &Activations) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: others write no other rows of the stream than theirs in this step.
            let row = unsafe { decoder.buffers.stream.get(range) };
            let row = match norm {
                Some(norm) => {
                    self.norm_row(norm, row, &mut normed);
                    &normed
                }
                None => row,
            };
            // SAFETY: this token's inputs are this member's.
            unsafe { inputs.set_row(&decoder.kernels, token, row) };
        }
    }

    /// Adds the branch, normalised, to the stream, if it is to be. By tokens, as the
    /// inputs that are made of the stream after it: no barrier is needed between.
    fn absorb(&self, norm: Option<&NormWeights>) {
        let Some(norm) = norm else { return };
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let scale = decoder.config.scales.residual as f32;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: nobody writes the branch in this step, and this token's row of the
            // stream is this member's.
            unsafe {
                self.norm_row(
                    norm,
                    decoder.buffers.branch.get(range.clone()),
                    &mut normed,
                );
                let stream = decoder.buffers.stream.get_mut(range);
                stream.iter_mut().zip(&normed).for_each(|(x, y)| *x += scale * y);
            }
        }
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

    /// Rows of a buffer become inputs. By tokens.
    fn quantise(&self, from: &Shared<f32>, inputs: &Activations) {
        let width = inputs.columns();
        for token in self.member.share(self.tokens) {
            // SAFETY: nobody writes the buffer in this step, and this token's inputs are
            // this member's.
            unsafe {
                let row = from.get(token * width..(token + 1) * width);
                inputs.set_row(&self.decoder.kernels, token, row);
            }
        }
    }

    /// Queries, keys and values. By tiles of all three matrices.
    fn project_qkv(&self, weights: &AttentionWeights<PackedMatrix>) {
        let buffers = &self.decoder.buffers;
        let parts = [&weights.q_proj, &weights.k_proj, &weights.v_proj];
        let width: usize = parts.iter().map(|part| part.weight.rows()).sum();
        let all = parts.iter().map(|part| part.weight.tiles()).sum();
        self.member.pieces(all, |piece| {
            let (mut first_tile, mut first_row) = (0, 0);
            for part in parts {
                let tiles = part.weight.tiles();
                let start = piece.start.clamp(first_tile, first_tile + tiles);
                let end = piece.end.clamp(first_tile, first_tile + tiles);
                self.product(
                    part,
                    start - first_tile..end - first_tile,
                    &buffers.hidden_inputs,
                    |token, row, results| {
                        let start = token * width + first_row + row;
                        let range = start..start + results.len();
                        // SAFETY: these rows are of this member's tiles.
                        let out = unsafe { buffers.qkv.get_mut(range) };
                        out.copy_from_slice(results);
                    },
                );
                first_tile += tiles;
                first_row += part.weight.rows();
            }
        });
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

    /// act(gate) · up, or act(up), takes the place of up. By tiles of both matrices, which
    /// are alike.
    fn gate_and_up(&self, weights: &MlpWeights<PackedMatrix>, inputs: &Activations) {
        let decoder = self.decoder;
        let buffers = &decoder.buffers;
        let inner = decoder.config.intermediate_size;
        let activation = match decoder.config.mlp.activation {
            config::Activation::Silu => Activation::Silu,
            config::Activation::Gelu => Activation::Gelu,
            config::Activation::GeluTanh => Activation::GeluTanh,
        };
        self.member.pieces(weights.up_proj.weight.tiles(), |tiles| {
            let gate = weights.gate_proj.as_ref().map(|gate| (gate, &buffers.gate));
            for (part, buffer) in
                gate.into_iter().chain([(&weights.up_proj, &buffers.up)])
            {
                self.product(part, tiles.clone(), inputs, |token, row, results| {
                    let start = token * inner + row;
                    // SAFETY: these rows are of this member's tiles.
                    let out = unsafe { buffer.get_mut(start..start + results.len()) };
                    out.copy_from_slice(results);
                });
            }
            let rows = tiles.start * TILE_ROWS..(tiles.end * TILE_ROWS).min(inner);
            for token in 0..self.tokens {
                let range =
                    token * inner + rows.start..token * inner + rows.end.max(rows.start);
                // SAFETY: these rows are of this member's tiles, in both buffers.
                unsafe {
                    let up = buffers.up.get_mut(range.clone());
                    match weights.gate_proj {
                        Some(_) => {
                            let gate = buffers.gate.get(range);
                            decoder.kernels.gated(activation, gate, up);
                        }
                        None => decoder.kernels.activated(activation, up),
                    }
                }
            }
        });
    }

    /// Adds a product to the stream; or writes it to the branch, where a norm comes
    /// between. By tiles.
    pub(super) fn project_back(&self, part: &Projection, inputs: &Activations) {
        let config = &self.decoder.config;
        let hidden = config.hidden_size;
        let buffers = &self.decoder.buffers;
        let after = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let scale = config.scales.residual as f32;
        let mut put = |token: usize, row: usize, results: &[f32]| {
            let start = token * hidden + row;
            let range = start..start + results.len();
            // SAFETY: these rows are of this member's tiles, in both buffers.
            unsafe {
                if after {
                    buffers.branch.get_mut(range).copy_from_slice(results);
                    return;
                }
                let stream = buffers.stream.get_mut(range);
                for (stream, result) in stream.iter_mut().zip(results) {
                    *stream += scale * result;
                }
            }
        };
        self.member.pieces(part.weight.tiles(), |tiles| {
            self.product(part, tiles, inputs, &mut put);
        });
    }

    /// Writes a product of the block's inputs into a buffer of its rows. By tiles.
    pub(super) fn project_into(&self, part: &Projection, out: &Shared<f32>) {
        let width = part.weight.rows();
        let inputs = &self.decoder.buffers.hidden_inputs;
        let mut put = |token: usize, row: usize, results: &[f32]| {
            let start = token * width + row;
            // SAFETY: these rows are of this member's tiles.
            let out = unsafe { out.get_mut(start..start + results.len()) };
            out.copy_from_slice(results);
        };
        self.member.pieces(part.weight.tiles(), |tiles| {
            self.product(part, tiles, inputs, &mut put);
        });
    }

    /// Some tiles of x · Wᵀ + b. `put` gets the token, the first row, and the results,
    /// without padding.
    fn product(
        &self,
        part: &Projection,
        tiles: std::ops::Range<usize>,
        inputs: &Activations,
        mut put: impl FnMut(usize, usize, &[f32]),
    ) {
        let matrix: &PackedMatrix = &part.weight;
        let kernels = &self.decoder.kernels;
        let put = |token: usize, first: usize, results: &[f32; TILE_ROWS]| {
            let count = TILE_ROWS.min(matrix.rows() - first);
            match &part.bias {
                None => put(token, first, &results[..count]),
                Some(bias) => {
                    let mut biased = *results;
                    for (result, bias) in biased.iter_mut().zip(&bias[first..]) {
                        *result += bias;
                    }
                    put(token, first, &biased[..count]);
                }
            }
        };
        // SAFETY: nobody writes the inputs in a step with products.
        unsafe { kernels::product(kernels, matrix, tiles, inputs, 0..self.tokens, put) };
    }
}
