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
    /// Every query head attends. By tokens and heads in turn, as later tokens see more.
    pub(super) fn attend(&self, index: usize, layer: &Layer, scratch: &mut Scratch) {
        let Pass { decoder, member, tokens, rows, .. } = *self;
        let (heads, width) = self.heads();
        let (mut all, mut part) = (vec![0.0; width + PART], vec![0.0; width + PART]);
        for item in (member.index..tokens * heads).step_by(member.count) {
            let (token, head) = (item / heads, item % heads);
            let mut chunks = chunks(layer.kind.visible(rows[token].position));
            if let Some(first) = chunks.next() {
                self.attend_chunk(token, head, index, first, scratch, &mut all);
            }
            for chunk in chunks {
                self.attend_chunk(token, head, index, chunk, scratch, &mut part);
                join_parts(&mut all, &part);
            }
            // SAFETY: this token's head is this member's.
            let out = unsafe {
                decoder.buffers.mixed.get_mut(item * width..(item + 1) * width)
            };
            finish_part(&all, out);
        }
    }

    /// The heads of the only token attend. By chunks and heads, then by heads.
    pub(super) fn attend_alone(
        &self,
        row: Row,
        index: usize,
        layer: &Layer,
        scratch: &mut Scratch,
    ) {
        let Pass { decoder, member, .. } = *self;
        let (heads, width) = self.heads();
        let size = width + PART;
        let parts = &decoder.buffers.parts;
        let chunks: Vec<_> = chunks(layer.kind.visible(row.position)).collect();
        for item in member.share(chunks.len() * heads) {
            let (chunk, head) = (chunks[item / heads].clone(), item % heads);
            // SAFETY: this part is this member's.
            let part = unsafe { parts.get_mut(item * size..(item + 1) * size) };
            self.attend_chunk(0, head, index, chunk, scratch, part);
        }
        member.barrier();

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

    /// What a chunk of positions gives a token's head.
    fn attend_chunk(
        &self,
        token: usize,
        head: usize,
        index: usize,
        chunk: Range<usize>,
        scratch: &mut Scratch,
        part: &mut [f32],
    ) {
        let decoder = self.decoder;
        let config = &decoder.config;
        let (heads, width) = self.heads();
        let all = heads + 2 * config.num_key_value_heads;
        let query = (token * all + head) * width;
        // SAFETY: nobody writes the queries in this step.
        let query = unsafe { decoder.buffers.qkv.get(query..query + width) };
        let attention = &config.attention;
        let scores = Scores { factor: attention.scale as f32, cap: attention.cap };
        let sequence = &decoder.sequences[self.rows[token].slot];
        sequence.head(index, head / config.group_size()).read(|keys, values| {
            decoder.kernels.attend(query, keys, values, chunk, scores, scratch, part);
        });
    }

    /// Query heads, and their width.
    fn heads(&self) -> (usize, usize) {
        let config = &self.decoder.config;
        (config.num_attention_heads, config.head_dim)
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
