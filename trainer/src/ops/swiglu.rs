//! The gated unit of Llama's MLP (Shazeer 2020): silu(gate) · up.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, WithDType,
};
use rayon::prelude::*;

use super::floats;

/// How many numbers a thread takes at a time.
const PIECE: usize = 16 * 1024;

/// silu(gate) · up, both of `[N, I]`.
#[derive(Clone, Copy, Debug)]
pub struct SwiGlu;

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (floats(gate, gate_layout)?, floats(up, up_layout)?);
        let mut out = vec![0.0; gate.len()];
        let pieces = gate.par_chunks(PIECE).zip(up.par_chunks(PIECE));
        out.par_chunks_mut(PIECE).zip(pieces).for_each(|(out, (gate, up))| {
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                *out = gate * sigmoid(*gate) * up;
            }
        });
        Ok((f32::to_cpu_storage_owned(out), gate_layout.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let both = gate.detach().apply_op3_no_bwd(&up.detach(), &gradient, &Gradients)?;
        Ok((Some(both.get(0)?), Some(both.get(1)?)))
    }
}

/// The gradients of gate and up, as `[2, N, I]`.
struct Gradients;

impl CustomOp3 for Gradients {
    fn name(&self) -> &'static str {
        "swiglu-gradients"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (floats(gate, gate_layout)?, floats(up, up_layout)?);
        let gradient = floats(gradient, gradient_layout)?;
        let mut out = vec![0.0; 2 * gate.len()];
        let (of_gate, of_up) = out.split_at_mut(gate.len());
        let inputs = gate
            .par_chunks(PIECE)
            .zip(up.par_chunks(PIECE))
            .zip(gradient.par_chunks(PIECE));
        let outputs = of_gate.par_chunks_mut(PIECE).zip(of_up.par_chunks_mut(PIECE));
        outputs.zip(inputs).for_each(|((of_gate, of_up), ((gate, up), gradient))| {
            for i in 0..gate.len() {
                let s = sigmoid(gate[i]);
                of_up[i] = gradient[i] * gate[i] * s;
                of_gate[i] = gradient[i] * up[i] * s * (1.0 + gate[i] * (1.0 - s));
            }
        });
        let [rows, inner] = [gate_layout.dims()[0], gate_layout.dims()[1]];
        Ok((f32::to_cpu_storage_owned(out), Shape::from((2, rows, inner))))
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
