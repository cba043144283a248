//! The gated short convolution of LFM2 (`Lfm2ShortConv` in transformers): each channel
//! mixes its own last few positions.

use candle_core::{D, DType, Device, Result, Tensor};

use super::cache::LayerCache;
use super::linear::Linear;
use super::scores::Span;
use model_files::weights::{ConvolutionWeights, Matrix};

/// out(c · conv(b · x)), where b, c and x are three projections of the input.
#[derive(Debug)]
pub(super) struct Convolution {
    in_proj: Linear,
    /// The factors of each of the last positions, the oldest first, `[H]` each.
    taps: Vec<Tensor>,
    /// `[H]`.
    bias: Option<Tensor>,
    out_proj: Linear,
}

impl Convolution {
    /// Builds the convolution from its weights, with `taps` taps.
    pub(super) fn new(
        weights: ConvolutionWeights<Matrix>,
        taps: usize,
        device: &Device,
    ) -> Result<Convolution> {
        let ConvolutionWeights { in_proj, taps: factors, bias, out_proj } = weights;
        let tap = |tap| {
            let factors: Vec<f32> =
                factors.iter().skip(tap).step_by(taps).copied().collect();
            Tensor::new(factors, device)
        };
        Ok(Convolution {
            in_proj: Linear::new(in_proj, device)?,
            taps: (0..taps).map(tap).collect::<Result<_>>()?,
            bias: bias.map(|bias| Tensor::new(bias, device)).transpose()?,
            out_proj: Linear::new(out_proj, device)?,
        })
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<ConvolutionWeights<&Matrix>> {
        Ok(ConvolutionWeights {
            in_proj: self.in_proj.weights()?,
            // [H, taps], the taps of a channel side by side.
            taps: Tensor::stack(&self.taps, 1)?.flatten_all()?.to_vec1()?,
            bias: self.bias.as_ref().map(Tensor::to_vec1).transpose()?,
            out_proj: self.out_proj.weights()?,
        })
    }

    /// [T, H] to [T, H]. The spans cover the T rows in order.
    pub(super) fn forward(&self, x: &Tensor, spans: &mut [Span<'_>]) -> Result<Tensor> {
        let parts = self.in_proj.forward(x)?.chunk(3, D::Minus1)?;
        let inputs = (&parts[0] * &parts[2])?; // [T, H]
        let mixed = spans.iter_mut().map(|span| {
            let inputs = inputs.narrow(0, span.rows.start, span.rows.len())?;
            self.mix(&inputs, span.cache)
        });
        let mixed = Tensor::cat(&mixed.collect::<Result<Vec<_>>>()?, 0)?;
        self.out_proj.forward(&(&parts[1] * mixed)?)
    }

    /// The number format of inputs in the cache.
    pub(super) fn cache_dtype(&self) -> DType {
        self.in_proj.weight.dtype()
    }

    /// Mixes the inputs of T positions of one sequence, [T, H], with those before them.
    fn mix(&self, inputs: &Tensor, cache: &mut LayerCache) -> Result<Tensor> {
        let (count, hidden) = inputs.dims2()?;
        // The cache has the number format of the weights; sums are in f32.
        let kept = inputs.to_dtype(self.cache_dtype())?.unsqueeze(0)?;
        let seen = cache.inputs.append(&kept)?.squeeze(0)?.to_dtype(DType::F32)?;
        // The new positions and those before them that their taps reach: [T + taps − 1,
        // H].
        let reach = count + self.taps.len() - 1;
        let total = seen.dim(0)?;
        let seen = match total.checked_sub(reach) {
            Some(first) => seen.narrow(0, first, reach)?,
            None => {
                let shape = (reach - total, hidden);
                let before = Tensor::zeros(shape, DType::F32, inputs.device())?;
                Tensor::cat(&[&before, &seen], 0)?
            }
        };
        let mut mixed = Tensor::zeros((count, hidden), DType::F32, inputs.device())?;
        for (index, tap) in self.taps.iter().enumerate() {
            mixed = (mixed + seen.narrow(0, index, count)?.broadcast_mul(tap)?)?;
        }
        match &self.bias {
            Some(bias) => mixed.broadcast_add(bias),
            None => Ok(mixed),
        }
    }
}
