//! The weights of a Llama decoder with tied embeddings.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};

use crate::per_weight::PerWeight;
use crate::random::Random;
use crate::shape::Shape;

/// Added to mean squares in norms.
pub const EPSILON: f32 = 1e-5;
/// The base of the rotary frequencies.
pub const THETA: f32 = 10_000.0;

/// One weight.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Its name, as in Hugging Face checkpoints.
    pub name: String,
    /// Its dimensions: `[outputs, inputs]` of a matrix, one number of a norm.
    pub dims: Vec<usize>,
    /// Its numbers, row by row.
    pub values: Vec<f32>,
}

impl Weight {
    /// As a tensor.
    pub fn tensor(&self) -> Result<Tensor> {
        let dims = self.dims.as_slice();
        Ok(Tensor::from_slice(&self.values, dims, &Device::Cpu)?)
    }

    /// Replaces its numbers by those of a tensor of the same dimensions.
    pub fn set(&mut self, tensor: &Tensor) -> Result<()> {
        anyhow::ensure!(
            tensor.dims() == self.dims,
            "{} is {:?} and not {:?}",
            self.name,
            tensor.dims(),
            self.dims
        );
        self.values = tensor
            .flatten_all()
            .and_then(|values| values.to_vec1())
            .with_context(|| self.name.clone())?;
        Ok(())
    }
}

/// A model.
#[derive(Clone, Debug)]
pub struct Model {
    shape: Shape,
    /// Its weights.
    pub weights: PerWeight<Weight>,
}

impl Model {
    /// Random weights: norms 1, embeddings of deviation 0.02, matrices of 0.6 / √inputs,
    /// and less in those that write to the residual stream, the deeper the model is.
    pub fn random(shape: Shape, seed: u64) -> Model {
        let mut place = 0;
        let weights = PerWeight::new(shape, |name, dims| {
            let mut random = Random::new(seed, place);
            place += 1;
            let deviation = match dims.as_slice() {
                _ if name.contains("embed") => 0.02,
                [_, inputs] => {
                    let writes = name.contains("o_proj") || name.contains("down_proj");
                    let depth = if writes { 2.0 * shape.layers as f32 } else { 1.0 };
                    0.6 / (*inputs as f32 * depth).sqrt()
                }
                _ => 0.0,
            };
            let mean = if dims.len() == 1 { 1.0 } else { 0.0 };
            let count: usize = dims.iter().product();
            let values = (0..count).map(|_| mean + deviation * random.normal()).collect();
            Weight { name, dims, values }
        });
        Model { shape, weights }
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The numbers of all weights.
    pub(crate) fn slices(&self) -> PerWeight<&[f32]> {
        let mut all = self.weights.all().into_iter();
        PerWeight::new(self.shape, |_, _| {
            all.next().map_or(&[][..], |weight| weight.values.as_slice())
        })
    }
}
