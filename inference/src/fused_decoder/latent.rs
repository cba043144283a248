//! Multi-head latent attention in a pass, as `candle_decoder::latent` has it: queries, keys and
//! values become those of any other attention, and so does the cache. Its values, which are
//! narrower than keys, are filled up with zeros to their width.
//!
//! N heads, D channels per query and key, R of them rotated, E per value.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{AttentionScratch, PackedMatrix, QuantisedActivations, rotate};
use model_files::config::{Latent, NormConfig};
use model_files::weights::{LatentWeights, NormWeights};

use super::layers::Layer;
use super::pass::{Pass, norm_row};
use super::project::{Target, beside};

/// ε of the norms of narrow projections, whatever the others have.
const EPSILON: f64 = 1e-6;

impl Pass<'_> {
    /// Applies latent attention.
    pub(super) fn latent(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &LatentWeights<PackedMatrix>,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { member, decoder, .. } = *self;
        let Some(sizes) = decoder.config.latent else { return };
        let (buffers, inputs) = (&decoder.buffers, self.inputs());
        let query = |inputs| Target {
            inputs,
            projection: &weights.query,
            out: &buffers.qkv,
            width: decoder.config.q_size() + 2 * decoder.config.kv_size(),
            first: 0,
        };

        // 1. The narrow projections; queries too, if they have one matrix.
        let query_down = weights.query_down.as_ref();
        let narrow = query_down.map(|(down, _)| down).into_iter().chain([&weights.down]);
        let mut targets = beside(narrow, &inputs.hidden, &buffers.narrow);
        if query_down.is_none() {
            targets.push(query(&inputs.hidden));
        }
        self.project(&targets);
        member.barrier();

        // 2. What heads make of them.
        let query_rank = sizes.query_rank.unwrap_or(0);
        if let Some((_, norm)) = query_down {
            self.norm_narrow(&sizes, 0, norm, &inputs.narrow_query);
        }
        self.norm_narrow(&sizes, query_rank, &weights.norm, &inputs.narrow);
        self.await_inputs();
        let mut targets = beside([&weights.up], &inputs.narrow, &buffers.keys_and_values);
        if query_down.is_some() {
            targets.push(query(&inputs.narrow_query));
        }
        self.project(&targets);
        member.barrier();

        // 3. Attention as always.
        self.rotate_and_cache_latent(layer_index, &sizes);
        member.barrier();
        self.attend_all(layer_index, layer, scratch);
        member.barrier();

        // 4. Without what values were filled up with.
        self.quantise_values(&sizes);
        self.project_to_stream(&weights.output, &inputs.mixed);
        member.barrier();
    }

    /// Normalises and quantises a narrow projection, whose columns begin at `first`.
    fn norm_narrow(
        &self,
        sizes: &Latent,
        first: usize,
        norm: &NormWeights,
        inputs: &QuantisedActivations,
    ) {
        let decoder = self.decoder;
        let width = sizes.query_rank.unwrap_or(0) + sizes.rank + sizes.rotated;
        let config = NormConfig { epsilon: EPSILON, ..decoder.config.norm };
        let mut normed = vec![0.0; inputs.columns()];
        for token in self.tokens_to_prepare() {
            let start = token * width + first;
            // SAFETY: nobody writes the narrow projections in this step, and this token's
            // inputs are this member's.
            unsafe {
                let row = decoder.buffers.narrow.get(start..start + normed.len());
                norm_row(&decoder.kernels, &config, norm, row, &mut normed);
                decoder.kernels.quantise_row(inputs, token, &normed);
            }
        }
    }

    /// Rotates the last channels of queries and keys, and appends keys and values to the
    /// cache. Work is split by heads.
    fn rotate_and_cache_latent(&self, layer_index: usize, sizes: &Latent) {
        let Pass { decoder, rows, .. } = *self;
        let (config, buffers) = (&decoder.config, &decoder.buffers);
        let Latent { rank, rotated, value_width, .. } = *sizes;
        let (heads, head_dim) = (config.num_attention_heads, config.head_dim);
        let (plain, before) =
            (sizes.plain(head_dim), sizes.query_rank.unwrap_or(0) + rank);
        let (cos, sin) = &self.angles.0;
        let interleaved = decoder.ropes.0.is_interleaved();
        let (mut key, mut value) = (vec![0.0; head_dim], vec![0.0; head_dim]);
        for head in self.member.share(heads) {
            for (token, row) in rows.iter().enumerate() {
                let angles = token * rotated / 2..(token + 1) * rotated / 2;
                let rotate = |channels: &mut [f32]| {
                    let (cos, sin) = (&cos[angles.clone()], &sin[angles.clone()]);
                    rotate(&mut channels[plain..], cos, sin, interleaved);
                };
                let query = (token * 3 * heads + head) * head_dim;
                let up = (token * heads + head) * (plain + value_width);
                let shared = token * (before + rotated) + before;
                // SAFETY: this head's query is this member's, and nobody writes the other
                // buffers in this step.
                let (query, up, shared) = unsafe {
                    (
                        buffers.qkv.get_mut(query..query + head_dim),
                        buffers.keys_and_values.get(up..up + plain + value_width),
                        buffers.narrow.get(shared..shared + rotated),
                    )
                };
                rotate(query);
                key[..plain].copy_from_slice(&up[..plain]);
                key[plain..].copy_from_slice(shared);
                rotate(&mut key);
                value[..value_width].copy_from_slice(&up[plain..]);
                let cache = decoder.sequences[row.slot].head(layer_index, head);
                cache.push_key(&key);
                cache.push_value(&value);
            }
        }
    }

    /// Quantises the output of the heads, the first E channels of each.
    fn quantise_values(&self, sizes: &Latent) {
        let decoder = self.decoder;
        let (q_size, head_dim) = (decoder.config.q_size(), decoder.config.head_dim);
        let inputs = &self.inputs().mixed;
        let mut values = Vec::with_capacity(inputs.columns());
        for token in self.tokens_to_prepare() {
            // SAFETY: nobody writes the output of the heads in this step, and this token's
            // inputs are this member's.
            unsafe {
                let row = decoder.buffers.mixed.get(token * q_size..(token + 1) * q_size);
                values.clear();
                let heads = row.chunks_exact(head_dim);
                values.extend(heads.flat_map(|head| &head[..sizes.value_width]));
                decoder.kernels.quantise_row(inputs, token, &values);
            }
        }
        self.await_inputs();
    }
}
