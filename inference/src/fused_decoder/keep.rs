//! Keeps what a pass is asked to keep on its way. Attention weights are computed beside the
//! pass's own attention, in f32 from its queries and the cached keys.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{HeadCache, ScoreScaling};

use super::attend::score_scaling;
use super::layers::Layer;
use super::pass::{Pass, sink};
use crate::taps::TappedHeads;

impl Pass<'_> {
    /// Keeps the residual stream at a point, if there is a tap. Work is split by tokens,
    /// as it is when the stream is changed by tokens.
    #[inline(never)]
    pub(super) fn keep_stream(&self, point: usize) {
        let Some(tap) = self.tap.filter(|tap| tap.points > 0) else { return };
        let hidden = self.decoder.config.hidden_size;
        for token in self.member.share(self.tokens) {
            let start = (token * tap.points + point) * hidden;
            // SAFETY: nobody else writes this token's row of the stream in this step, and
            // what is kept of this token is this member's.
            unsafe {
                let row =
                    self.decoder.buffers.stream.get(token * hidden..(token + 1) * hidden);
                tap.stream.get_mut(start..start + hidden).copy_from_slice(row);
            }
        }
    }

    /// Keeps attention weights of a layer whose queries are rotated and whose keys are
    /// cached, if there is a tap. Work is split by query heads.
    pub(super) fn keep_attention(&self, layer_index: usize, layer: &Layer) {
        let Some(tap) = self.tap.filter(|tap| tap.heads != TappedHeads::None) else {
            return;
        };
        let Pass { decoder, member, rows, .. } = *self;
        let config = &decoder.config;
        let (head_dim, group_size) = (config.head_dim, config.group_size());
        let heads_per_token = tap.query_heads + 2 * config.num_key_value_heads;
        for head in member.share(tap.query_heads) {
            for (token, row) in rows.iter().enumerate() {
                let Some(place) = tap.place(layer_index, head, token) else { continue };
                let start = (token * heads_per_token + head) * head_dim;
                // SAFETY: nobody writes the queries in this step, and what is kept of
                // this head is this member's.
                let (query, out) = unsafe {
                    (
                        decoder.buffers.qkv.get(start..start + head_dim),
                        tap.attention.get_mut(place),
                    )
                };
                let visible = layer.kind.visible(row.position);
                let scaling = score_scaling(config, head..head + 1, row.position);
                let of_keys = self.keys_of(layer_index);
                let cache = decoder.sequences[row.slot].head(of_keys, head / group_size);
                cache.read(|keys, _| {
                    weights(query, keys, visible, scaling, sink(layer, head), out);
                });
            }
        }
    }
}

/// The softmax of a query's scores with the keys of the visible positions, and the sink. `out` has one
/// place for each position, and 0 where nothing is written.
fn weights(
    query: &[f32],
    keys: &HeadCache,
    visible: Range<usize>,
    scaling: ScoreScaling<'_>,
    sink: Option<f32>,
    out: &mut [f32],
) {
    let mut key = vec![0.0; query.len()];
    let out = &mut out[visible.clone()];
    for (position, out) in visible.zip(out.iter_mut()) {
        keys.read(position, &mut key);
        let product: f32 = query.iter().zip(&key).map(|(q, k)| q * k).sum();
        let score = product * scaling.factor;
        let score = scaling.cap.map_or(score, |cap| (score / cap).tanh() * cap);
        *out = score + scaling.bias.map_or(0.0, |bias| bias.of(0, position));
    }
    let lowest = sink.unwrap_or(f32::NEG_INFINITY);
    let highest = out.iter().copied().fold(lowest, f32::max);
    out.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sink = sink.map_or(0.0, |sink| f64::from(sink - highest).exp());
    let sum = out.iter().map(|power| f64::from(*power)).sum::<f64>() + sink;
    out.iter_mut().for_each(|power| *power = (f64::from(*power) / sum) as f32);
}
