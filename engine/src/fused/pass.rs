//! One pass of T tokens, of any sequences, through all layers.
//!
//! Every step writes buffers by parts that no two members share, and reads what was
//! written before the last barrier. That is what makes the unsafe accesses sound; each
//! says which part is whose.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{Activations, Member, PackedMatrix, Scratch, Shared, TILE_ROWS, rotate};

use super::FusedDecoder;
use super::layer::{Layer, Projection};
use crate::config::Config;

/// What a pass writes down; every row belongs to a token.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The residual stream, [T, H].
    stream: Shared<f32>,
    /// Queries, keys and values side by side, [T, (N + 2K) · D].
    pub(super) qkv: Shared<f32>,
    /// What the heads mixed, [T, N · D].
    pub(super) mixed: Shared<f32>,
    /// The gate, then its product with up, [T, I].
    gate: Shared<f32>,
    /// [T, I].
    up: Shared<f32>,
    /// Inputs of the products, by their width: H, N · D and I.
    hidden_inputs: Activations,
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
        Buffers {
            stream: Shared::zeros(tokens * hidden),
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
    /// Cosines and sines of each token's position, [T, D/2].
    angles: &'a (Vec<f32>, Vec<f32>),
}

impl FusedDecoder {
    /// Reads T tokens, each after those of its sequence that are cached or come before it
    /// here; `states` gets the final hidden states, [T, H].
    pub(super) fn pass(&mut self, rows: &[Row], states: &mut [f32]) {
        let hidden = self.config.hidden_size;
        let stream = self.buffers.stream.as_mut_slice();
        for (row, numbers) in rows.iter().zip(stream.chunks_exact_mut(hidden)) {
            self.embed_tokens.row(row.id as usize, numbers);
        }
        if let [row] = rows {
            self.make_room_for_parts(row.position + 1);
        }
        let angles = self.rope.angles(rows.iter().map(|row| row.position));
        let mut crew = self.crew.take();
        let (decoder, tokens, angles) = (&*self, rows.len(), &angles);
        let job = |member: &Member<'_>| {
            let pass = Pass { decoder, member, tokens, rows, angles };
            let mut scratch = Scratch::default();
            for (index, layer) in decoder.layers.iter().enumerate() {
                pass.attention(index, layer, &mut scratch);
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
            let epsilon = self.config.rms_norm_eps as f32;
            self.kernels.norm(row, &self.norm, epsilon, state);
        }
    }

    /// The products of the output head, [T, V].
    pub(super) fn head_products(
        &mut self,
        x: &Activations,
        tokens: usize,
        logits: &Shared<f32>,
    ) {
        let (head, kernels) = (&*self.lm_head, &self.kernels);
        self.crew.run(&|member| {
            let tiles = member.share(head.tiles());
            let put = |token: usize, first: usize, results: &[f32; TILE_ROWS]| {
                let start = token * head.rows() + first;
                let count = TILE_ROWS.min(head.rows() - first);
                // SAFETY: these rows are of this member's tiles.
                let logits = unsafe { logits.get_mut(start..start + count) };
                logits.copy_from_slice(&results[..count]);
            };
            // SAFETY: nobody writes the inputs.
            unsafe { kernels::product(kernels, head, tiles, x, 0..tokens, put) };
        });
    }
}

impl Pass<'_> {
    fn attention(&self, index: usize, layer: &Layer, scratch: &mut Scratch) {
        let Pass { member, decoder, rows, .. } = *self;
        let buffers = &decoder.buffers;
        self.norm_and_quantise(&layer.input_layernorm);
        member.barrier();

        self.project_qkv(layer);
        member.barrier();

        self.rotate_and_cache(index, layer);
        member.barrier();

        match rows {
            [row] => self.attend_alone(*row, index, layer, scratch),
            _ => self.attend(index, layer, scratch),
        }
        member.barrier();

        self.quantise(&buffers.mixed, &buffers.mixed_inputs);
        member.barrier();

        self.project_into_stream(&layer.o_proj, &buffers.mixed_inputs);
        member.barrier();
    }

    fn mlp(&self, layer: &Layer) {
        let Pass { member, decoder, .. } = *self;
        let buffers = &decoder.buffers;
        self.norm_and_quantise(&layer.post_attention_layernorm);
        member.barrier();

        self.gate_and_up(layer);
        member.barrier();

        self.quantise(&buffers.gate, &buffers.inner_inputs);
        member.barrier();

        self.project_into_stream(&layer.down_proj, &buffers.inner_inputs);
        member.barrier();
    }

    /// The stream, normalised, becomes the inputs of width H. By tokens.
    fn norm_and_quantise(&self, weight: &[f32]) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: nobody writes the stream in this step.
            let row = unsafe { decoder.buffers.stream.get(range) };
            let epsilon = decoder.config.rms_norm_eps as f32;
            decoder.kernels.norm(row, weight, epsilon, &mut normed);
            // SAFETY: this token's inputs are this member's.
            unsafe {
                decoder.buffers.hidden_inputs.set_row(&decoder.kernels, token, &normed)
            };
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
    fn project_qkv(&self, layer: &Layer) {
        let buffers = &self.decoder.buffers;
        let parts = [&layer.q_proj, &layer.k_proj, &layer.v_proj];
        let width: usize = parts.iter().map(|part| part.weight.rows()).sum();
        let share = self.member.share(parts.iter().map(|part| part.weight.tiles()).sum());
        let (mut first_tile, mut first_row) = (0, 0);
        for part in parts {
            let tiles = part.weight.tiles();
            let start = share.start.clamp(first_tile, first_tile + tiles) - first_tile;
            let end = share.end.clamp(first_tile, first_tile + tiles) - first_tile;
            self.product(
                part,
                start..end,
                &buffers.hidden_inputs,
                |token, row, results| {
                    let start = token * width + first_row + row;
                    // SAFETY: these rows are of this member's tiles.
                    let out =
                        unsafe { buffers.qkv.get_mut(start..start + results.len()) };
                    out.copy_from_slice(results);
                },
            );
            first_tile += tiles;
            first_row += part.weight.rows();
        }
    }

    /// Queries and keys are normalised and rotated; keys and values go into the cache. By
    /// heads.
    fn rotate_and_cache(&self, layer_index: usize, layer: &Layer) {
        let Pass { decoder, rows, .. } = *self;
        let config = &decoder.config;
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
                if let Some((q_norm, k_norm)) = &layer.qk_norm {
                    let weight = if index < heads { q_norm } else { k_norm };
                    let epsilon = config.rms_norm_eps as f32;
                    decoder.kernels.norm(head, weight, epsilon, &mut normed);
                    head.copy_from_slice(&normed);
                }
                if layer.kind.rope {
                    let pairs = token * (head_dim / 2)..(token + 1) * (head_dim / 2);
                    let (cos, sin) =
                        (&self.angles.0[pairs.clone()], &self.angles.1[pairs]);
                    rotate(head, cos, sin, decoder.rope.is_interleaved());
                }
                if index >= heads {
                    sequence.head(layer_index, index - heads).push_key(head);
                }
            }
        }
    }

    /// silu(gate) · up. By tiles of both matrices, which are alike.
    fn gate_and_up(&self, layer: &Layer) {
        let decoder = self.decoder;
        let buffers = &decoder.buffers;
        let inner = decoder.config.intermediate_size;
        let tiles = self.member.share(layer.gate_proj.weight.tiles());
        for (part, buffer) in
            [(&layer.gate_proj, &buffers.gate), (&layer.up_proj, &buffers.up)]
        {
            let inputs = &buffers.hidden_inputs;
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
                let up = buffers.up.get(range.clone());
                decoder.kernels.gated(buffers.gate.get_mut(range), up);
            }
        }
    }

    /// Adds a product to the stream. By tiles.
    fn project_into_stream(&self, part: &Projection, inputs: &Activations) {
        let hidden = self.decoder.config.hidden_size;
        let tiles = self.member.share(part.weight.tiles());
        self.product(part, tiles, inputs, |token, row, results| {
            let start = token * hidden + row;
            let range = start..start + results.len();
            // SAFETY: these rows are of this member's tiles.
            let stream = unsafe { self.decoder.buffers.stream.get_mut(range) };
            for (stream, result) in stream.iter_mut().zip(results) {
                *stream += result;
            }
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
