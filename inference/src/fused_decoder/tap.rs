//! Where a pass keeps what it is asked to: the residual stream and attention weights.

use std::ops::Range;

use kernels::{OutOfMemory, SharedBuffer};
use model_files::config::{Config, LayerKind, MixerKind};

use crate::taps::{TappedHeads, Taps};

/// What a pass over T tokens of one sequence keeps. S positions up to the last token.
#[derive(Debug)]
pub(super) struct PassTap {
    /// [T, 2 L + 1, H]; empty if it is not kept.
    pub(super) stream: SharedBuffer<f32>,
    /// The places of a token at which its stream is kept; 0 if it is not.
    pub(super) points: usize,
    pub(super) heads: TappedHeads,
    /// [L, N, S] or [N, S] of the last token, or [T, S] of one head.
    pub(super) attention: SharedBuffer<f32>,
    /// S.
    positions: usize,
    /// T.
    tokens: usize,
    /// N.
    pub(super) query_heads: usize,
}

impl PassTap {
    /// Buffers for what `taps` ask for of a pass over the last `tokens` of `positions`
    /// positions.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn new(
        taps: &Taps,
        config: &Config,
        tokens: usize,
        positions: usize,
    ) -> Result<PassTap, OutOfMemory> {
        let points = match taps.keeps_stream {
            true => Taps::points(config.num_hidden_layers),
            false => 0,
        };
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
    pub(super) fn place(
        &self,
        layer: usize,
        head: usize,
        token: usize,
    ) -> Option<Range<usize>> {
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
