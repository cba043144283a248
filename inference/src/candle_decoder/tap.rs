//! What a pass keeps on its way, as tensors on its device until it ends.

use candle_core::{Result, Tensor};

use crate::taps::{TappedHeads, Taps};

/// What a pass over one sequence has kept so far. T tokens, S positions, N query heads.
#[derive(Debug)]
pub(crate) struct PassTap {
    heads: TappedHeads,
    keeps_stream: bool,
    /// The residual stream at each point so far, [T, H] each.
    stream: Vec<Tensor>,
    /// The weights of each layer so far: [N, S] of the last token or [T, S] of one head.
    attention: Vec<Option<Tensor>>,
}

impl PassTap {
    pub(super) fn new(taps: &Taps) -> PassTap {
        PassTap {
            heads: taps.heads,
            keeps_stream: taps.keeps_stream,
            stream: Vec::new(),
            attention: Vec::new(),
        }
    }

    /// Whether it keeps the residual stream.
    pub(super) fn keeps_stream(&self) -> bool {
        self.keeps_stream
    }

    /// Keeps the residual stream, [T, H].
    pub(super) fn keep_stream(&mut self, x: &Tensor) {
        if self.keeps_stream {
            self.stream.push(x.clone());
        }
    }

    /// Keeps the attention weights of the next layer, [N, T, S].
    pub(super) fn keep_attention(&mut self, weights: &Tensor) -> Result<()> {
        let layer_index = self.attention.len();
        let kept = match self.heads {
            TappedHeads::LastToken { layer }
                if layer.is_none_or(|l| l == layer_index) =>
            {
                let last = weights.dim(1)? - 1;
                Some(weights.narrow(1, last, 1)?.squeeze(1)?.copy()?)
            }
            TappedHeads::One { layer, head } if layer == layer_index => {
                Some(weights.narrow(0, head, 1)?.squeeze(0)?.copy()?)
            }
            TappedHeads::LastToken { .. }
            | TappedHeads::One { .. }
            | TappedHeads::None => None,
        };
        self.attention.push(kept);
        Ok(())
    }

    /// Notes that the next layer has no attention.
    pub(super) fn skip_attention(&mut self) {
        self.attention.push(None);
    }

    /// Brings what was kept to memory.
    pub(super) fn finish(self, taps: &mut Taps) -> Result<()> {
        if self.keeps_stream {
            // [T, 2 L + 1, H]
            let stream = Tensor::stack(&self.stream, 1)?;
            taps.stream.extend(stream.flatten_all()?.to_vec1::<f32>()?);
        }
        match self.heads {
            TappedHeads::None => (),
            TappedHeads::LastToken { .. } => {
                taps.attention.clear();
                for weights in &self.attention {
                    taps.attention.push(match weights {
                        Some(weights) => weights.flatten_all()?.to_vec1()?,
                        None => Vec::new(),
                    });
                }
            }
            TappedHeads::One { .. } => {
                for weights in self.attention.iter().flatten() {
                    let rows: Vec<Vec<f32>> = weights.to_vec2()?;
                    // A token sees no position after its own.
                    let first = rows.first().map_or(0, Vec::len) + 1 - rows.len();
                    let ends = first..;
                    taps.attention.extend(rows.into_iter().zip(ends).map(
                        |(mut row, end)| {
                            row.truncate(end);
                            row
                        },
                    ));
                }
            }
        }
        Ok(())
    }
}
