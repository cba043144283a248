//! Attention within a pass. Each head attends to its visible positions in chunks, whose
//! partial results are combined in a fixed order: the result does not depend on which
//! thread computed which chunk (Flash-Decoding).

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{
    AttentionScratch, CHUNK_POSITIONS, LinearBias, SOFTMAX_STATS, ScoreScaling,
    chunk_ranges,
};
use model_files::config::Config;

use super::layers::Layer;
use super::pass::{Pass, Row, sink};

impl Pass<'_> {
    /// Attention of all query heads of all tokens, whose queries, keys and values are there.
    #[inline(never)]
    pub(super) fn attend_all(
        &self,
        layer_index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        self.keep_attention(layer_index, layer);
        match self.rows {
            [row] => self.attend_alone(*row, layer_index, layer, scratch),
            _ => self.attend(layer_index, layer, scratch),
        }
    }

    /// Attention of all query heads of several tokens. Members take tokens
    /// and key/value heads in turn, because later tokens see more positions.
    fn attend(&self, layer_index: usize, layer: &Layer, scratch: &mut AttentionScratch) {
        let Pass { decoder, member, tokens, rows, .. } = *self;
        let (kv_heads, group_size, head_dim) = self.heads();
        // One head's partial result of a chunk, and those of a group's heads.
        let partial_size = head_dim + SOFTMAX_STATS;
        let chunk_size = group_size * partial_size;
        let mut partials = Vec::new();
        for item in (member.index..tokens * kv_heads).step_by(member.count) {
            let (token, kv_head) = (item / kv_heads, item % kv_heads);
            let visible = layer.kind.visible(rows[token].position);
            partials.resize(chunk_ranges(visible.clone()).count() * chunk_size, 0.0);
            let out = &mut partials;
            self.attend_chunks(token, kv_head, layer_index, visible, scratch, out);
            for head in 0..group_size {
                let start = (item * group_size + head) * head_dim;
                // SAFETY: this token's heads are this member's.
                let out =
                    unsafe { decoder.buffers.mixed.get_mut(start..start + head_dim) };
                let partials = &partials[head * partial_size..];
                let sink = sink(layer, kv_head * group_size + head);
                decoder.kernels.combine(partials, chunk_size, sink, out);
            }
        }
    }

    /// Attention of all query heads of a single token. Work is split by
    /// key/value heads and chunks, then by query heads.
    fn attend_alone(
        &self,
        row: Row,
        layer_index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { decoder, member, .. } = *self;
        let (kv_heads, group_size, head_dim) = self.heads();
        // One head's partial result of a chunk, and those of a group's heads.
        let partial_size = head_dim + SOFTMAX_STATS;
        let chunk_size = group_size * partial_size;
        let partials = &decoder.buffers.partials;
        let visible = layer.kind.visible(row.position);
        let count = chunk_ranges(visible.clone()).count();
        let Range { mut start, end } = member.share(kv_heads * count);
        while start < end {
            // This member's chunks of one key/value head.
            let kv_head = start / count;
            let chunks = start % count..count.min(end - kv_head * count);
            let range = start * chunk_size..(start + chunks.len()) * chunk_size;
            // SAFETY: these partial results are this member's.
            let partials = unsafe { partials.get_mut(range) };
            start += chunks.len();
            let first = visible.start / CHUNK_POSITIONS;
            let positions = visible.start.max((first + chunks.start) * CHUNK_POSITIONS)
                ..visible.end.min((first + chunks.end) * CHUNK_POSITIONS);
            self.attend_chunks(0, kv_head, layer_index, positions, scratch, partials);
        }
        member.barrier();

        for head in member.share(kv_heads * group_size) {
            let (kv_head, index) = (head / group_size, head % group_size);
            let first = kv_head * count * chunk_size + index * partial_size;
            let end = first + (count - 1) * chunk_size + partial_size;
            // SAFETY: nobody writes partial results in this step, and this head is this
            // member's.
            let (partials, out) = unsafe {
                (
                    partials.get(first..end),
                    decoder.buffers.mixed.get_mut(head * head_dim..(head + 1) * head_dim),
                )
            };
            decoder.kernels.combine(partials, chunk_size, sink(layer, head), out);
        }
    }

    /// Writes the partial results of each chunk of `positions`, for the query heads of a
    /// token that share a key/value head: [chunks, G, D + SOFTMAX_STATS].
    fn attend_chunks(
        &self,
        token: usize,
        kv_head: usize,
        layer_index: usize,
        positions: Range<usize>,
        scratch: &mut AttentionScratch,
        partials: &mut [f32],
    ) {
        let decoder = self.decoder;
        let (kv_heads, group_size, head_dim) = self.heads();
        let heads_per_token = kv_heads * group_size + 2 * kv_heads;
        let start = (token * heads_per_token + kv_head * group_size) * head_dim;
        // SAFETY: nobody writes the queries in this step.
        let queries =
            unsafe { decoder.buffers.qkv.get(start..start + group_size * head_dim) };
        let group = kv_head * group_size..(kv_head + 1) * group_size;
        let position = self.rows[token].position;
        let scores = score_scaling(&decoder.config, group, position);
        let sequence = &decoder.sequences[self.rows[token].slot];
        let layer_index = self.keys_of(layer_index);
        sequence.head(layer_index, kv_head).read(|keys, values| {
            decoder
                .kernels
                .attend(queries, keys, values, positions, scores, scratch, partials);
        });
    }

    /// K key/value heads, G query heads for each of them, and D channels per head.
    fn heads(&self) -> (usize, usize, usize) {
        let config = &self.decoder.config;
        (config.num_key_value_heads, config.group_size(), config.head_dim)
    }
}

/// How the scores of some query heads of the token at `position` are made.
pub(super) fn score_scaling(
    config: &Config,
    heads: Range<usize>,
    position: usize,
) -> ScoreScaling<'_> {
    let factor = config.attention.scale as f32;
    let bias = config.alibi.as_ref().map(|alibi| LinearBias {
        slopes: &alibi.slopes[heads],
        origin: position,
        rounded: alibi.rounded.then_some(factor),
    });
    ScoreScaling { factor, cap: config.attention.cap, bias }
}
