//! What a pass keeps on its way: the residual stream, and attention weights, which it
//! computes beside its own attention, in f32 from its queries and the cached keys.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{HeadCache, OutOfMemory, SharedBuffer};
use model_files::config::{AttentionConfig, Config, LayerKind, MixerKind};

use super::pass::{Pass, Row};
use crate::taps::{TappedHeads, Taps};

/// What a pass over T tokens of one sequence keeps. S positions up to the last token.
#[derive(Debug)]
pub(super) struct PassTap {
    /// [T, 2 L + 1, H]; empty if it is not kept.
    stream: SharedBuffer<f32>,
    /// The places of a token at which its stream is kept; 0 if it is not.
    points: usize,
    heads: TappedHeads,
    /// [L, N, S] or [N, S] of the last token, or [T, S] of one head.
    attention: SharedBuffer<f32>,
    /// S.
    positions: usize,
    /// T.
    tokens: usize,
    /// N.
    query_heads: usize,
}

impl PassTap {
    /// Buffers for what `taps` ask for of a pass over these rows.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn new(
        taps: &Taps,
        config: &Config,
        rows: &[Row],
    ) -> Result<PassTap, OutOfMemory> {
        let tokens = rows.len();
        let points = match taps.keeps_stream {
            true => Taps::points(config.num_hidden_layers),
            false => 0,
        };
        let positions = rows.last().map_or(0, |row| row.position + 1);
        let rows_of_weights = match taps.heads {
            TappedHeads::None => 0,
            TappedHeads::LastToken { layer: Some(_) } => config.num_attention_heads,
            TappedHeads::LastToken { layer: None } => {
                config.num_hidden_layers * config.num_attention_heads
            }
            TappedHeads::One { .. } => tokens,
        };
        Ok(PassTap {
            stream: SharedBuffer::zeros(tokens * points * config.hidden_size)?,
            points,
            heads: taps.heads,
            attention: SharedBuffer::zeros(rows_of_weights * positions)?,
            positions,
            tokens,
            query_heads: config.num_attention_heads,
        })
    }

    /// Appends what was kept to `taps`.
    ///
    /// # Errors
    /// If it does not fit in memory.
    pub(super) fn finish(
        mut self,
        taps: &mut Taps,
        layers: &[LayerKind],
    ) -> Result<(), OutOfMemory> {
        let stream = self.stream.as_mut_slice();
        taps.stream.try_reserve(stream.len()).map_err(|_| OutOfMemory)?;
        taps.stream.extend_from_slice(stream);
        let weights = self.attention.as_mut_slice();
        match self.heads {
            TappedHeads::None => (),
            TappedHeads::LastToken { layer: only } => {
                let mut of_layer =
                    weights.chunks_exact(self.query_heads * self.positions);
                let kept = layers.iter().enumerate().map(|(layer, kind)| {
                    if only.is_some_and(|only| only != layer) {
                        return Vec::new();
                    }
                    let weights = of_layer.next().unwrap_or_default();
                    let attends = kind.mixer == MixerKind::Attention;
                    if attends { weights.to_vec() } else { Vec::new() }
                });
                taps.attention = kept.collect();
            }
            TappedHeads::One { .. } => {
                // A token sees no position after its own.
                let ends = self.positions + 1 - self.tokens..;
                let rows = weights.chunks_exact(self.positions).zip(ends);
                taps.attention.extend(rows.map(|(row, end)| row[..end].to_vec()));
            }
        }
        Ok(())
    }

    /// Where the weights of a head of a token are kept; `None` if they are not.
    fn place(&self, layer: usize, head: usize, token: usize) -> Option<Range<usize>> {
        let row = match self.heads {
            TappedHeads::LastToken { layer: None } if token + 1 == self.tokens => {
                layer * self.query_heads + head
            }
            TappedHeads::LastToken { layer: Some(only) }
                if token + 1 == self.tokens && only == layer =>
            {
                head
            }
            TappedHeads::One { layer: of, head: only } if (of, only) == (layer, head) => {
                token
            }
            TappedHeads::None
            | TappedHeads::LastToken { .. }
            | TappedHeads::One { .. } => {
                return None;
            }
        };
        Some(row * self.positions..(row + 1) * self.positions)
    }
}

impl Pass<'_> {
    /// Keeps the residual stream at a point, if there is a tap. Work is split by tokens,
    /// as it is when the stream is changed by tokens.
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
    pub(super) fn keep_attention(&self, layer_index: usize, kind: &LayerKind) {
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
                let visible = kind.visible(row.position);
                let cache =
                    decoder.sequences[row.slot].head(layer_index, head / group_size);
                cache.read(|keys, _| {
                    weights(query, keys, visible, &config.attention, out);
                });
            }
        }
    }
}

/// The softmax of a query's scores with the keys of the visible positions. `out` has one
/// place for each position, and 0 where nothing is written.
fn weights(
    query: &[f32],
    keys: &HeadCache,
    visible: Range<usize>,
    attention: &AttentionConfig,
    out: &mut [f32],
) {
    let mut key = vec![0.0; query.len()];
    let out = &mut out[visible.clone()];
    for (position, out) in visible.zip(out.iter_mut()) {
        keys.read(position, &mut key);
        let product: f32 = query.iter().zip(&key).map(|(q, k)| q * k).sum();
        let score = product * attention.scale as f32;
        *out = attention.cap.map_or(score, |cap| (score / cap).tanh() * cap);
    }
    let highest = out.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    out.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f64 = out.iter().map(|power| f64::from(*power)).sum();
    out.iter_mut().for_each(|power| *power = (f64::from(*power) / sum) as f32);
}
