//! Attention within a pass. Heads go through the positions that they see in chunks, which
//! are put together in their order: the result is the same whoever took which.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{
    AttentionScratch, CHUNK_POSITIONS, SOFTMAX_STATS, ScoreScaling, chunk_ranges,
};

use super::pass::{Layer, Pass, Row};

impl Pass<'_> {
    /// Every query head attends. By tokens and key/value heads in turn, as later tokens see
    /// more.
    pub(super) fn attend(
        &self,
        index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { decoder, member, tokens, rows, .. } = *self;
        let (groups, group, width) = self.heads();
        let size = width + SOFTMAX_STATS;
        let mut parts = Vec::new();
        for item in (member.index..tokens * groups).step_by(member.count) {
            let (token, kv_head) = (item / groups, item % groups);
            let visible = layer.kind.visible(rows[token].position);
            parts.resize(chunk_ranges(visible.clone()).count() * group * size, 0.0);
            self.attend_to(token, kv_head, index, visible, scratch, &mut parts);
            for head in 0..group {
                let start = (item * group + head) * width;
                // SAFETY: this token's heads are this member's.
                let out = unsafe { decoder.buffers.mixed.get_mut(start..start + width) };
                decoder.kernels.combine(&parts[head * size..], group * size, out);
            }
        }
    }

    /// The heads of the only token attend. By key/value heads and chunks, then by heads.
    pub(super) fn attend_alone(
        &self,
        row: Row,
        index: usize,
        layer: &Layer,
        scratch: &mut AttentionScratch,
    ) {
        let Pass { decoder, member, .. } = *self;
        let (groups, group, width) = self.heads();
        let size = width + SOFTMAX_STATS;
        let parts = &decoder.buffers.parts;
        let visible = layer.kind.visible(row.position);
        let count = chunk_ranges(visible.clone()).count();
        let Range { mut start, end } = member.share(groups * count);
        while start < end {
            // As many chunks of one key/value head as are this member's.
            let kv_head = start / count;
            let some = start % count..count.min(end - kv_head * count);
            let range = start * group * size..(start + some.len()) * group * size;
            // SAFETY: these parts are this member's.
            let parts = unsafe { parts.get_mut(range) };
            start += some.len();
            let first = visible.start / CHUNK_POSITIONS;
            let positions = visible.start.max((first + some.start) * CHUNK_POSITIONS)
                ..visible.end.min((first + some.end) * CHUNK_POSITIONS);
            self.attend_to(0, kv_head, index, positions, scratch, parts);
        }
        member.barrier();

        for head in member.share(groups * group) {
            let first = (head / group * count * group + head % group) * size;
            // SAFETY: nobody writes parts in this step, and this head is this member's.
            let (parts, out) = unsafe {
                (
                    parts.get(first..first + (count - 1) * group * size + size),
                    decoder.buffers.mixed.get_mut(head * width..(head + 1) * width),
                )
            };
            decoder.kernels.combine(parts, group * size, out);
        }
    }

    /// What each chunk of some positions gives the heads of a token that share a key/value
    /// head.
    fn attend_to(
        &self,
        token: usize,
        kv_head: usize,
        index: usize,
        positions: Range<usize>,
        scratch: &mut AttentionScratch,
        parts: &mut [f32],
    ) {
        let decoder = self.decoder;
        let attention = &decoder.config.attention;
        let (groups, group, width) = self.heads();
        let all = groups * group + 2 * groups;
        let start = (token * all + kv_head * group) * width;
        // SAFETY: nobody writes the queries in this step.
        let queries = unsafe { decoder.buffers.qkv.get(start..start + group * width) };
        let scores = ScoreScaling { factor: attention.scale as f32, cap: attention.cap };
        let sequence = &decoder.sequences[self.rows[token].slot];
        sequence.head(index, kv_head).read(|keys, values| {
            decoder
                .kernels
                .attend(queries, keys, values, positions, scores, scratch, parts);
        });
    }

    /// Key/value heads, the query heads of each, and the width of heads.
    fn heads(&self) -> (usize, usize, usize) {
        let config = &self.decoder.config;
        (config.num_key_value_heads, config.group_size(), config.head_dim)
    }
}
