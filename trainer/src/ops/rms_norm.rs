//! Root mean square norm (Zhang & Sennrich 2019) of rows, times a weight.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, WithDType,
};
use rayon::prelude::*;

use super::floats;

/// y = w · x / √(mean x² + ε), x of `[N, D]`, w of `[D]`.
#[derive(Clone, Copy, Debug)]
pub struct RmsNorm {
    /// Added to the mean square.
    pub epsilon: f32,
}

impl RmsNorm {
    /// What a row is multiplied with.
    fn scale(&self, row: &[f32]) -> f32 {
        let squares: f32 = row.iter().map(|x| x * x).sum();
        1.0 / (squares / row.len() as f32 + self.epsilon).sqrt()
    }
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (floats(x, x_layout)?, floats(weight, weight_layout)?);
        let width = weight.len();
        let mut out = vec![0.0; x.len()];
        out.par_chunks_mut(width).zip(x.par_chunks(width)).for_each(|(out, x)| {
            let scale = self.scale(x);
            for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
                *out = x * scale * w;
            }
        });
        Ok((f32::to_cpu_storage_owned(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let (x, weight) = (x.detach(), weight.detach());
        let of_x = x.apply_op3_no_bwd(&weight, &gradient, &OfRows(*self))?;
        let of_weight = x.apply_op2_no_bwd(&gradient, &OfWeight(*self))?;
        Ok((Some(of_x), Some(of_weight)))
    }
}

/// The gradient of x: s·(g·w) − x · s³/D · Σ(g·w·x), with s the row's scale.
struct OfRows(RmsNorm);

impl CustomOp3 for OfRows {
    fn name(&self) -> &'static str {
        "rms-norm-rows"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (floats(x, x_layout)?, floats(weight, weight_layout)?);
        let gradient = floats(gradient, gradient_layout)?;
        let width = weight.len();
        let mut out = vec![0.0; x.len()];
        let rows = x.par_chunks(width).zip(gradient.par_chunks(width));
        out.par_chunks_mut(width).zip(rows).for_each(|(out, (x, gradient))| {
            let scale = self.0.scale(x);
            let mut dot = 0.0;
            for (((out, x), g), w) in out.iter_mut().zip(x).zip(gradient).zip(weight) {
                *out = g * w;
                dot += *out * x;
            }
            let along = dot * scale * scale / width as f32;
            for (out, x) in out.iter_mut().zip(x) {
                *out = scale * (*out - x * along);
            }
        });
        Ok((f32::to_cpu_storage_owned(out), x_layout.shape().clone()))
    }
}

/// The gradient of w: Σ over rows of g·x·s.
struct OfWeight(RmsNorm);

impl CustomOp2 for OfWeight {
    fn name(&self) -> &'static str {
        "rms-norm-weight"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, gradient) = (floats(x, x_layout)?, floats(gradient, gradient_layout)?);
        let width = x_layout.dims()[1];
        let mut out = vec![0.0; width];
        for (x, gradient) in x.chunks(width).zip(gradient.chunks(width)) {
            let scale = self.0.scale(x);
            for ((out, x), g) in out.iter_mut().zip(x).zip(gradient) {
                *out += g * x * scale;
            }
        }
        Ok((f32::to_cpu_storage_owned(out), Shape::from(width)))
    }
}
