//! The gated feed-forward network, SwiGLU (Shazeer, 2020, arXiv:2002.05202).

use candle_core::{Result, Tensor};

use super::Linear;

/// down(silu(gate(x)) · up(x)).
#[derive(Debug)]
pub struct Mlp {
    /// [I, H].
    pub gate_proj: Linear,
    /// [I, H].
    pub up_proj: Linear,
    /// [H, I].
    pub down_proj: Linear,
}

impl Mlp {
    /// [T, H] to [T, H].
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.gate_proj.weight.input(x)?;
        let gate = candle_nn::ops::silu(&self.gate_proj.forward(&x)?)?;
        self.down_proj.forward(&(gate * self.up_proj.forward(&x)?)?)
    }
}
