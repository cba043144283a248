//! The feed-forward network, gated (Shazeer, 2020, arXiv:2002.05202) or plain.

use candle_core::{Device, Result, Tensor};

use super::linear::Linear;
use model_files::config::Activation;
use model_files::weights::{Matrix, MlpWeights};

/// gpt-oss's `swiglu_limit`.
const SWIGLU_LIMIT: f64 = 7.0;

/// down(act(gate(x)) · up(x)), or down(act(up(x))) without a gate.
#[derive(Debug)]
pub(crate) struct Mlp {
    gate_proj: Option<Linear>,
    up_proj: Linear,
    down_proj: Linear,
    /// What gates its output.
    output_gate: Option<Linear>,
    activation: Activation,
    /// Channels of the gate count by how far they are above so many standard deviations.
    cutoff: Option<f32>,
}

impl Mlp {
    /// Builds the network from its weights.
    pub(crate) fn new(
        weights: MlpWeights<Matrix>,
        activation: Activation,
        device: &Device,
    ) -> Result<Mlp> {
        let MlpWeights { gate_proj, up_proj, down_proj, output_gate } = weights;
        Ok(Mlp {
            gate_proj: gate_proj.map(|gate| Linear::new(gate, device)).transpose()?,
            up_proj: Linear::new(up_proj, device)?,
            down_proj: Linear::new(down_proj, device)?,
            output_gate: output_gate.map(|gate| Linear::new(gate, device)).transpose()?,
            activation,
            cutoff: None,
        })
    }

    /// The network, of whose gate only channels above a cutoff count.
    pub(super) fn sparse(self, cutoff: Option<f32>) -> Mlp {
        Mlp { cutoff, ..self }
    }

    /// Its weights. Biases are copied from their device.
    pub(super) fn weights(&self) -> Result<MlpWeights<&Matrix>> {
        Ok(MlpWeights {
            gate_proj: self.gate_proj.as_ref().map(Linear::weights).transpose()?,
            up_proj: self.up_proj.weights()?,
            down_proj: self.down_proj.weights()?,
            output_gate: self.output_gate.as_ref().map(Linear::weights).transpose()?,
        })
    }

    /// Its output, [T, H], gated by inputs of their own, [T, H].
    pub(super) fn gated(&self, output: Tensor, inputs: &Tensor) -> Result<Tensor> {
        match &self.output_gate {
            Some(gate) => output * candle_nn::ops::sigmoid(&gate.forward(inputs)?)?,
            None => Ok(output),
        }
    }

    /// [T, H] to [T, H].
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = &self.up_proj.weight.input(x)?;
        let up = self.up_proj.forward(x)?;
        let inner = match &self.gate_proj {
            Some(gate) if self.activation == Activation::ClampedSwiglu => {
                let up = (up.clamp(-SWIGLU_LIMIT, SWIGLU_LIMIT)? + 1.0)?;
                (self.activate(&gate.forward(x)?)? * up)?
            }
            Some(gate) => {
                let gate = gate.forward(x)?;
                let gate = match self.cutoff {
                    Some(cutoff) => above(&gate, cutoff)?,
                    None => gate,
                };
                (self.activate(&gate)? * up)?
            }
            None => self.activate(&up)?,
        };
        self.down_proj.forward(&inner)
    }

    fn activate(&self, x: &Tensor) -> Result<Tensor> {
        activated(self.activation, x)
    }
}

/// An activation of each number.
#[inline(never)]
pub(super) fn activated(activation: Activation, x: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Silu => candle_nn::ops::silu(x),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Relu => x.relu(),
        Activation::ReluSquared => x.relu()?.sqr(),
        Activation::ClampedSwiglu => {
            let x = x.minimum(SWIGLU_LIMIT)?;
            candle_nn::ops::sigmoid(&(&x * 1.702)?)? * x
        }
    }
}

/// How far each channel is above the mean of its row and so many standard deviations; 0 for
/// those that are not, as if the largest were chosen of numbers that are distributed normally
/// (Gemma 3n).
fn above(x: &Tensor, deviations: f32) -> Result<Tensor> {
    let less = |x: &Tensor, of_rows: Vec<f32>| {
        let of_rows: Vec<f32> = of_rows.into_iter().map(|number| -number).collect();
        let shape = (of_rows.len(), 1);
        x.broadcast_add(&Tensor::from_vec(of_rows, shape, x.device())?)
    };
    let centred = less(x, row_means(x)?)?;
    let mut cutoffs = row_means(&centred.sqr()?)?;
    cutoffs.iter_mut().for_each(|variance| *variance = variance.sqrt() * deviations);
    less(&centred, cutoffs)?.relu()
}

/// The mean of each row, `[T]`. Of candle's operations, these are made of those that others
/// need, too: each is a program for every number format.
#[inline(never)]
pub(super) fn row_means(x: &Tensor) -> Result<Vec<f32>> {
    let width = x.dim(1)?;
    let share = vec![1.0 / width as f32; width];
    x.matmul(&Tensor::from_vec(share, (width, 1), x.device())?)?.flatten_all()?.to_vec1()
}
