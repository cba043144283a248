//! Attention within a pass. Heads go through the positions that they see in chunks, which
//! are put together in their order: the result is the same whoever took which.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{CHUNK, PART, Scores, Scratch, Shared, finish_part, join_parts};

use super::FusedDecoder;
use super::pass::{Layer, Pass, Row};

impl FusedDecoder {
    /// Room for what the chunks of so many positions give all heads.
    pub(super) fn make_room_for_parts(&mut self, positions: usize) {
        // One chunk more, as a window may begin within one.
        let chunks = positions.div_ceil(CHUNK) + 1;
        let numbers =
            chunks * self.config.num_attention_heads * (self.config.head_dim + PART);
        if self.buffers.parts.length() < numbers {
            self.buffers.parts = Shared::zeros(numbers.next_power_of_two());
        }
    }
}

impl Pass<'_> {
    /// Every query head attends. By tokens and key/value heads in turn, as later tokens see
    /// more.
    pub(super) fn attend(&self, index: usize, layer: &Layer, scratch: &mut Scratch) {
        let Pass { decoder, member, tokens, rows, .. } = *self;
        let (groups, group, width) = self.heads();
        let size = width + PART;
        let (mut all, mut parts) = (vec![0.0; group * size], vec![0.0; group * size]);
        for item in (member.index..tokens * groups).step_by(member.count) {
            let (token, kv_head) = (item / groups, item % groups);
            let mut chunks = chunks(layer.kind.visible(rows[token].position));
            if let Some(first) = chunks.next() {
                self.attend_chunk(token, kv_head, index, first, scratch, &mut all);
            }
            for chunk in chunks {
                self.attend_chunk(token, kv_head, index, chunk, scratch, &mut parts);
                let heads = all.chunks_exact_mut(size).zip(parts.chunks_exact(size));
                heads.for_each(|(all, later)| join_parts(all, later));
            }
            let heads = item * group * width..(item + 1) * group * width;
            // SAFETY: this token's heads are this member's.
            let out = unsafe { decoder.buffers.mixed.get_mut(heads) };
            let heads = all.chunks_exact(size).zip(out.chunks_exact_mut(width));
            heads.for_each(|(all, out)| finish_part(all, out));
        }
    }

    /// The heads of the only token attend. By chunks and key/value heads, then by heads.
    pub(super) fn attend_alone(
        &self,
        row: Row,
        index: usize,
        layer: &Layer,
        scratch: &mut Scratch,
    ) {
        let Pass { decoder, member, .. } = *self;
        let (groups, group, width) = self.heads();
        let size = width + PART;
        let parts = &decoder.buffers.parts;
        let chunks: Vec<_> = chunks(layer.kind.visible(row.position)).collect();
        for item in member.share(chunks.len() * groups) {
            let (chunk, kv_head) = (chunks[item / groups].clone(), item % groups);
            let range = item * group * size..(item + 1) * group * size;
            // SAFETY: these parts are this member's.
            let parts = unsafe { parts.get_mut(range) };
            self.attend_chunk(0, kv_head, index, chunk, scratch, parts);
        }
        member.barrier();

        let heads = groups * group;
        for head in member.share(heads) {
            // SAFETY: the parts of this head, and its output, are this member's now.
            let part = |chunk: usize| unsafe {
                let item = chunk * heads + head;
                parts.get_mut(item * size..(item + 1) * size)
            };
            let all = part(0);
            for chunk in 1..chunks.len() {
                join_parts(all, part(chunk));
            }
            // SAFETY: this head is this member's.
            let out = unsafe {
                decoder.buffers.mixed.get_mut(head * width..(head + 1) * width)
            };
            finish_part(all, out);
        }
    }

    /// What a chunk of positions gives the heads of a token that share a key/value head.
    fn attend_chunk(
        &self,
        token: usize,
        kv_head: usize,
        index: usize,
        chunk: Range<usize>,
        scratch: &mut Scratch,
        parts: &mut [f32],
    ) {
        let decoder = self.decoder;
        let attention = &decoder.config.attention;
        let (groups, group, width) = self.heads();
        let all = groups * group + 2 * groups;
        let start = (token * all + kv_head * group) * width;
        // SAFETY: nobody writes the queries in this step.
        let queries = unsafe { decoder.buffers.qkv.get(start..start + group * width) };
        let scores = Scores { factor: attention.scale as f32, cap: attention.cap };
        let sequence = &decoder.sequences[self.rows[token].slot];
        sequence.head(index, kv_head).read(|keys, values| {
            decoder.kernels.attend(queries, keys, values, chunk, scores, scratch, parts);
        });
    }

    /// Key/value heads, the query heads of each, and the width of heads.
    fn heads(&self) -> (usize, usize, usize) {
        let config = &self.decoder.config;
        (config.num_key_value_heads, config.group_size(), config.head_dim)
    }
}

/// The positions `range` in pieces that begin at multiples of a chunk's size.
fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let first = range.start / CHUNK;
    let count = range.end.div_ceil(CHUNK) - first;
    (first..first + count).map(move |chunk| {
        range.start.max(chunk * CHUNK)..range.end.min((chunk + 1) * CHUNK)
    })
}
