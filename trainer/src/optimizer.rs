//! Muon (Jordan et al., 2024, <https://kellerjordan.github.io/posts/muon/>) for the matrices,
//! Adam (Kingma & Ba, 2015, arXiv:1412.6980) for the embeddings and norms.

use anyhow::{Result, ensure};
use rayon::prelude::*;

use crate::model::{Model, Weight};
use crate::network::product::{Matrix, product};
use crate::network::rows::vectorised;
use crate::per_weight::PerWeight;
use crate::shape::Shape;

/// How much of the momentum Muon keeps at each step.
const MOMENTUM: f32 = 0.95;
/// Muon's weight decay, to be multiplied by the learning rate.
const WEIGHT_DECAY: f32 = 0.05;
/// How much of its two moments Adam keeps at each step.
const BETAS: (f32, f32) = (0.9, 0.95);
/// Gradients whose norm is larger are scaled down to this.
const MAX_GRADIENT_NORM: f32 = 1.0;
/// The polynomial of the Newton-Schulz iteration: five steps bring singular values near 1.
const NEWTON_SCHULZ: (f32, f32, f32) = (3.4445, -4.775, 2.0315);

/// Learning rates.
#[derive(Clone, Copy, Debug)]
pub struct LearningRates {
    /// For matrices.
    pub matrices: f32,
    /// For embeddings and norms.
    pub others: f32,
}

/// The state between steps.
#[derive(Clone, Debug)]
pub struct Optimizer {
    /// The momentum of matrices, the first moments of the others.
    pub first: PerWeight<Vec<f32>>,
    /// The second moments; matrices have none.
    pub second: PerWeight<Vec<f32>>,
    /// Steps so far.
    pub steps: usize,
}

impl Optimizer {
    /// For models of a shape.
    pub fn new(shape: Shape) -> Optimizer {
        Optimizer {
            first: PerWeight::new(shape, |_, dims| vec![0.0; dims.iter().product()]),
            second: PerWeight::new(shape, |name, dims| match is_matrix(&name, &dims) {
                true => Vec::new(),
                false => vec![0.0; dims.iter().product()],
            }),
            steps: 0,
        }
    }

    /// Changes the weights by one step against their gradients.
    ///
    /// # Errors
    /// If the gradients are not finite; the weights are then as they were.
    pub fn step(
        &mut self,
        model: &mut Model,
        gradients: &PerWeight<Vec<f32>>,
        at: LearningRates,
    ) -> Result<()> {
        let gradients = gradients.all();
        let scale = clip_factor(&gradients)?;
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

/// Whether a weight is one for Muon.
fn is_matrix(name: &str, dims: &[usize]) -> bool {
    dims.len() == 2 && !name.contains("embed")
}

fn muon(weight: &mut Weight, g: &[f32], scale: f32, momentum: &mut [f32], rate: f32) {
    let [rows, columns] = [weight.dims[0], weight.dims[1]];
    let mut ahead = vec![0.0; g.len()];
    vectorised(|| {
        for ((ahead, momentum), g) in ahead.iter_mut().zip(momentum).zip(g) {
            let g = g * scale;
            *momentum = *momentum * MOMENTUM + g * (1.0 - MOMENTUM);
            // Nesterov: the momentum as it will be if the gradient stays.
            *ahead = *momentum * MOMENTUM + g * (1.0 - MOMENTUM);
        }
    });
    let orthogonalised = orthogonalise(&ahead, rows, columns);
    let by = rate * (rows as f32 / columns as f32).max(1.0).sqrt();
    let kept = 1.0 - rate * WEIGHT_DECAY;
    vectorised(|| {
        for (value, orthogonalised) in weight.values.iter_mut().zip(&orthogonalised) {
            *value = *value * kept - orthogonalised * by;
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
    vectorised(|| {
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

/// The factor that brings the norm of all gradients down to [`MAX_GRADIENT_NORM`]; at most 1.
fn clip_factor(gradients: &[&Vec<f32>]) -> Result<f32> {
    let squares: Vec<f64> = gradients.par_iter().map(|values| squares(values)).collect();
    let length = squares.iter().sum::<f64>().sqrt() as f32;
    ensure!(length.is_finite(), "the gradients are not finite");
    Ok((MAX_GRADIENT_NORM / length).min(1.0))
}

fn squares(values: &[f32]) -> f64 {
    let rows = values.chunks(1024);
    rows.map(|row| f64::from(row.iter().map(|value| value * value).sum::<f32>())).sum()
}

/// The matrix with its singular values brought near 1, by five Newton-Schulz steps.
fn orthogonalise(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    // The squares are those of the shorter side.
    let (short, long) = (rows.min(columns), rows.max(columns));
    let mut x =
        if rows > columns { transposed(matrix, columns) } else { matrix.to_vec() };
    let by = 1.0 / (squares(matrix).sqrt() as f32 + 1e-7);
    x.iter_mut().for_each(|value| *value *= by);
    let (a, b, c) = NEWTON_SCHULZ;
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
    if rows > columns { transposed(&x, long) } else { x }
}

/// The transposed matrix.
fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Mean and standard deviation of the squared singular values: these are the eigenvalues of
    /// the matrix times its transpose, whose sum is its trace, and that of their squares its
    /// squared norm.
    fn squared_singular_values(
        matrix: &[f32],
        rows: usize,
        columns: usize,
    ) -> (f32, f32) {
        let x = Matrix::new(matrix, columns);
        let x = if rows > columns { x.t() } else { x };
        let short = rows.min(columns);
        let mut square = vec![0.0; short * short];
        product(&mut square, short, 0.0, 1.0, x, x.t());
        let mean = square.iter().step_by(short + 1).sum::<f32>() / short as f32;
        let variance = squares(&square) as f32 / short as f32 - mean * mean;
        (mean, variance.sqrt())
    }

    #[test]
    fn singular_values_come_near_one() {
        for (rows, columns) in [(12, 40), (40, 12)] {
            let mut random = Random::new(1, 2);
            let matrix: Vec<f32> = (0..rows * columns).map(|_| random.normal()).collect();
            let (mean, deviation) = squared_singular_values(&matrix, rows, columns);
            assert!(mean > 30.0 && deviation > 0.45 * mean, "{mean} {deviation}");
            let near = orthogonalise(&matrix, rows, columns);
            let (mean, deviation) = squared_singular_values(&near, rows, columns);
            assert!((0.8..1.1).contains(&mean), "{mean}");
            assert!(deviation < 0.35 * mean, "{mean} {deviation}");
        }
    }
}
