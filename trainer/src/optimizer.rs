//! Muon (Jordan et al. 2024) for the matrices, AdamW (Loshchilov & Hutter 2019) for the
//! embeddings and norms.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};

use crate::model::Model;

/// Muon's share of what was before in the momentum.
const MOMENTUM: f64 = 0.95;
/// Muon's decay of weights, times the rate.
const DECAY: f64 = 0.05;
/// Adam's shares of what was before.
const BETAS: (f64, f64) = (0.9, 0.95);
/// Gradients are shortened to this length.
const LONGEST_GRADIENT: f32 = 1.0;
/// The polynomial of the Newton-Schulz steps: brings singular values near 1 in five.
const QUINTIC: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

/// How far a step goes.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// For matrices.
    pub matrices: f64,
    /// For embeddings and norms.
    pub others: f64,
}

/// What is remembered between steps, by the name of a tensor: `momentum.NAME` of
/// matrices, `first.NAME` and `second.NAME` moments of the others.
#[derive(Clone, Debug, Default)]
pub struct Optimizer {
    state: BTreeMap<String, Tensor>,
    steps: usize,
}

impl Optimizer {
    /// Goes on after `steps` steps with what was remembered.
    pub fn resume(state: BTreeMap<String, Tensor>, steps: usize) -> Optimizer {
        Optimizer { state, steps }
    }

    /// What must be kept to go on.
    pub fn state(&self) -> &BTreeMap<String, Tensor> {
        &self.state
    }

    /// Moves the weights against their gradients.
    ///
    /// # Errors
    /// If the gradients are not finite; the weights are then as they were.
    pub fn step(
        &mut self,
        model: &Model,
        gradients: &GradStore,
        at: Rates,
    ) -> Result<()> {
        let scale = clip(model, gradients)?;
        self.steps += 1;
        for (name, var) in model.weights() {
            let gradient = (gradient(gradients, name, var)?.detach() * f64::from(scale))?;
            let matrix = var.dims().len() == 2 && !name.contains("embed");
            let moved = match matrix {
                true => self.muon(name, var, &gradient, at.matrices)?,
                false => self.adam(name, var, &gradient, at.others)?,
            };
            var.set(&moved)?;
        }
        Ok(())
    }

    fn muon(&mut self, name: &str, var: &Var, g: &Tensor, rate: f64) -> Result<Tensor> {
        let (rows, columns) = var.dims2()?;
        let momentum = self.remember(format!("momentum.{name}"), g, MOMENTUM)?;
        // Nesterov: the momentum as it will be if the gradient stays.
        let ahead = ((g * (1.0 - MOMENTUM))? + (momentum * MOMENTUM)?)?;
        let by = rate * (rows as f64 / columns as f64).max(1.0).sqrt();
        let kept = (var.as_tensor().detach() * (1.0 - rate * DECAY))?;
        Ok((kept - (orthogonal(&ahead)? * by)?)?)
    }

    fn adam(&mut self, name: &str, var: &Var, g: &Tensor, rate: f64) -> Result<Tensor> {
        let first = self.remember(format!("first.{name}"), g, BETAS.0)?;
        let second = self.remember(format!("second.{name}"), &g.sqr()?, BETAS.1)?;
        let steps = self.steps as i32;
        let first = (first / (1.0 - BETAS.0.powi(steps)))?;
        let second = (second / (1.0 - BETAS.1.powi(steps)))?;
        let moved = (first / (second.sqrt()? + 1e-8)?)?;
        Ok((var.as_tensor().detach() - (moved * rate)?)?)
    }

    /// The running mean of a value: so much of what was, the rest of what is.
    fn remember(&mut self, key: String, value: &Tensor, share: f64) -> Result<Tensor> {
        let mean = match self.state.get(&key) {
            Some(before) => ((before * share)? + (value * (1.0 - share))?)?,
            None => (value * (1.0 - share))?,
        };
        self.state.insert(key, mean.clone());
        Ok(mean)
    }
}

fn gradient<'a>(gradients: &'a GradStore, name: &str, var: &Var) -> Result<&'a Tensor> {
    gradients.get(var).with_context(|| format!("{name} has no gradient"))
}

/// What the gradients are to be multiplied with so that they are not too long.
fn clip(model: &Model, gradients: &GradStore) -> Result<f32> {
    let mut squares = 0.0;
    for (name, var) in model.weights() {
        squares +=
            gradient(gradients, name, var)?.sqr()?.sum_all()?.to_scalar::<f32>()?;
    }
    anyhow::ensure!(squares.is_finite(), "the gradients are not finite");
    Ok((LONGEST_GRADIENT / squares.sqrt()).min(1.0))
}

/// The matrix with its singular values brought near 1, by five Newton-Schulz steps.
fn orthogonal(matrix: &Tensor) -> Result<Tensor> {
    let (rows, columns) = matrix.dims2()?;
    // The products are of the shorter side.
    let wide = if rows > columns { matrix.t()? } else { matrix.clone() };
    let length = wide.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt() + 1e-7;
    let mut x = (wide.contiguous()? / f64::from(length))?;
    let (a, b, c) = QUINTIC;
    for _ in 0..5 {
        let square = x.matmul(&x.t()?)?;
        let factor = ((&square * b)? + (square.matmul(&square)? * c)?)?;
        x = ((&x * a)? + factor.matmul(&x)?)?;
    }
    Ok(if rows > columns { x.t()?.contiguous()? } else { x })
}
