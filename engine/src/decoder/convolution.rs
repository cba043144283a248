//! The gated short convolution of LFM2 (`Lfm2ShortConv` in transformers): each channel
//! mixes its own last few positions.

use candle_core::{D, DType, Device, Result, Tensor};

use super::{LayerCache, Linear, Matrix};
use crate::weights::ConvolutionWeights;

/// out(c · conv(b · x)), where b, c and x are three projections of the input.
#[derive(Debug)]
pub struct Convolution {
    in_proj: Linear,
    /// The factors of each of the last positions, the oldest first, `[H]` each.
    taps: Vec<Tensor>,
    /// `[H]`.
    bias: Option<Tensor>,
    out_proj: Linear,
}

impl Convolution {
    /// From its weights, with so many taps.
    pub fn new(
        weights: ConvolutionWeights<Matrix>,
        taps: usize,
        device: &Device,
    ) -> Result<Convolution> {
        let ConvolutionWeights { in_proj, taps: all, bias, out_proj } = weights;
        let tap = |tap| {
            let factors: Vec<f32> = all.iter().skip(tap).step_by(taps).copied().collect();
            Tensor::new(factors, device)
        };
        Ok(Convolution {
            in_proj: Linear::new(in_proj, device)?,
            taps: (0..taps).map(tap).collect::<Result<_>>()?,
            bias: bias.map(|bias| Tensor::new(bias, device)).transpose()?,
            out_proj: Linear::new(out_proj, device)?,
        })
    }

    /// [T, H] to [T, H].
    pub fn forward(&self, x: &Tensor, cache: &mut LayerCache) -> Result<Tensor> {
        let (count, hidden) = x.dims2()?;
        let parts = self.in_proj.forward(x)?.chunk(3, D::Minus1)?;
        let inputs = (&parts[0] * &parts[2])?; // [T, H]
        let seen = cache.inputs.append(&inputs.unsqueeze(0)?)?.squeeze(0)?;
        // The new positions and those before them that their taps reach: [T + taps − 1, H].
        let reach = count + self.taps.len() - 1;
        let total = seen.dim(0)?;
        let seen = match total.checked_sub(reach) {
            Some(first) => seen.narrow(0, first, reach)?,
            None => {
                let before =
                    Tensor::zeros((reach - total, hidden), DType::F32, x.device())?;
                Tensor::cat(&[&before, &seen], 0)?
            }
        };
        let mut mixed = Tensor::zeros((count, hidden), DType::F32, x.device())?;
        for (index, tap) in self.taps.iter().enumerate() {
            mixed = (mixed + seen.narrow(0, index, count)?.broadcast_mul(tap)?)?;
        }
        if let Some(bias) = &self.bias {
            mixed = mixed.broadcast_add(bias)?;
        }
        self.out_proj.forward(&(&parts[1] * mixed)?)
    }
}
