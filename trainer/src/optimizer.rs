//! Muon (Jordan et al. 2024) for the matrices, AdamW (Loshchilov & Hutter 2019) for the
//! embeddings and norms.

use anyhow::{Result, ensure};
use rayon::prelude::*;

use crate::model::{Model, Weight};
use crate::network::product::{Matrix, product};
use crate::network::rows::fast;
use crate::parts::Parts;
use crate::shape::Shape;

/// Muon's share of what was before in the momentum.
const MOMENTUM: f32 = 0.95;
/// Muon's decay of weights, times the rate.
const DECAY: f32 = 0.05;
/// Adam's shares of what was before.
const BETAS: (f32, f32) = (0.9, 0.95);
/// Gradients are shortened to this length.
const LONGEST_GRADIENT: f32 = 1.0;
/// The polynomial of the Newton-Schulz steps: brings singular values near 1 in five.
const QUINTIC: (f32, f32, f32) = (3.4445, -4.775, 2.0315);

/// How far a step goes.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// For matrices.
    pub matrices: f32,
    /// For embeddings and norms.
    pub others: f32,
}

/// What is remembered between steps.
#[derive(Clone, Debug)]
pub struct Optimizer {
    /// The momentum of matrices, the first moments of the others.
    pub first: Parts<Vec<f32>>,
    /// The second moments; matrices have none.
    pub second: Parts<Vec<f32>>,
    /// Steps that were made.
    pub steps: usize,
}

impl Optimizer {
    /// For models of a shape.
    pub fn new(shape: Shape) -> Optimizer {
        Optimizer {
            first: Parts::new(shape, |_, dims| vec![0.0; dims.iter().product()]),
            second: Parts::new(shape, |name, dims| match is_matrix(&name, &dims) {
                true => Vec::new(),
                false => vec![0.0; dims.iter().product()],
            }),
            steps: 0,
        }
    }

    /// Moves the weights against their gradients.
    ///
    /// # Errors
    /// If the gradients are not finite; the weights are then as they were.
    pub fn step(
        &mut self,
        model: &mut Model,
        gradients: &Parts<Vec<f32>>,
        at: Rates,
    ) -> Result<()> {
        let gradients = gradients.all();
        let scale = clip(&gradients)?;
        self.steps += 1;
        let steps = self.steps as i32;
        let parts: Vec<_> = model
            .weights
            .all_mut()
            .into_iter()
            .zip(gradients)
            .zip(self.first.all_mut().into_iter().zip(self.second.all_mut()))
            .collect();
        parts.into_par_iter().for_each(|((weight, gradient), (first, second))| {
            match is_matrix(&weight.name, &weight.dims) {
                true => muon(weight, gradient, scale, first, at.matrices),
                false => adam(weight, gradient, scale, (first, second), at.others, steps),
            }
        });
        Ok(())
    }
}

/// Whether Muon moves a weight.
fn is_matrix(name: &str, dims: &[usize]) -> bool {
    dims.len() == 2 && !name.contains("embed")
}

fn muon(weight: &mut Weight, g: &[f32], scale: f32, momentum: &mut [f32], rate: f32) {
    let [rows, columns] = [weight.dims[0], weight.dims[1]];
    let mut ahead = vec![0.0; g.len()];
    fast(|| {
        for ((ahead, momentum), g) in ahead.iter_mut().zip(momentum).zip(g) {
            let g = g * scale;
            *momentum = *momentum * MOMENTUM + g * (1.0 - MOMENTUM);
            // Nesterov: the momentum as it will be if the gradient stays.
            *ahead = *momentum * MOMENTUM + g * (1.0 - MOMENTUM);
        }
    });
    let turned = orthogonal(&ahead, rows, columns);
    let by = rate * (rows as f32 / columns as f32).max(1.0).sqrt();
    let kept = 1.0 - rate * DECAY;
    fast(|| {
        for (value, turned) in weight.values.iter_mut().zip(&turned) {
            *value = *value * kept - turned * by;
        }
    });
}

fn adam(
    weight: &mut Weight,
    g: &[f32],
    scale: f32,
    (first, second): (&mut [f32], &mut [f32]),
    rate: f32,
    steps: i32,
) {
    let so_far = (1.0 - BETAS.0.powi(steps), 1.0 - BETAS.1.powi(steps));
    fast(|| {
        let moments = first.iter_mut().zip(second);
        for ((value, g), (first, second)) in weight.values.iter_mut().zip(g).zip(moments)
        {
            let g = g * scale;
            *first = *first * BETAS.0 + g * (1.0 - BETAS.0);
            *second = *second * BETAS.1 + g * g * (1.0 - BETAS.1);
            let moved = *first / so_far.0 / ((*second / so_far.1).sqrt() + 1e-8);
            *value -= rate * moved;
        }
    });
}

/// What the gradients are to be multiplied with so that they are not too long.
fn clip(gradients: &[&Vec<f32>]) -> Result<f32> {
    let squares: Vec<f64> = gradients.par_iter().map(|values| squares(values)).collect();
    let length = squares.iter().sum::<f64>().sqrt() as f32;
    ensure!(length.is_finite(), "the gradients are not finite");
    Ok((LONGEST_GRADIENT / length).min(1.0))
}

fn squares(values: &[f32]) -> f64 {
    let rows = values.chunks(1024);
    rows.map(|row| f64::from(row.iter().map(|value| value * value).sum::<f32>())).sum()
}

/// The matrix with its singular values brought near 1, by five Newton-Schulz steps.
fn orthogonal(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    // The products are of the shorter side.
    let (short, long) = (rows.min(columns), rows.max(columns));
    let mut x = if rows > columns { turned(matrix, columns) } else { matrix.to_vec() };
    let by = 1.0 / (squares(matrix).sqrt() as f32 + 1e-7);
    x.iter_mut().for_each(|value| *value *= by);
    let (a, b, c) = QUINTIC;
    let mut square = vec![0.0; short * short];
    let mut next = vec![0.0; x.len()];
    for _ in 0..5 {
        let wide = Matrix::new(&x, long);
        product(&mut square, short, 0.0, 1.0, wide, wide.t());
        let mut factor = square.clone();
        let square = Matrix::new(&square, short);
        product(&mut factor, short, b, c, square, square);
        factor.iter_mut().step_by(short + 1).for_each(|value| *value += a);
        product(&mut next, long, 0.0, 1.0, Matrix::new(&factor, short), wide);
        std::mem::swap(&mut x, &mut next);
    }
    if rows > columns { turned(&x, long) } else { x }
}

/// Rows as columns.
fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn singular_values_come_near_one() {
        for (rows, columns) in [(12, 40), (40, 12)] {
            let mut random = Random::new(1, 2);
            let matrix: Vec<f32> = (0..rows * columns).map(|_| random.normal()).collect();
            let near = orthogonal(&matrix, rows, columns);
            let x = Matrix::new(&near, columns);
            let x = if rows > columns { x.t() } else { x };
            let mut square = vec![0.0; 144];
            product(&mut square, 12, 0.0, 1.0, x, x.t());
            for (i, value) in square.iter().enumerate() {
                let expected = if i % 13 == 0 { 0.9 } else { 0.0 };
                assert!((value - expected).abs() < 0.45, "{i}: {value}");
            }
        }
    }
}
