//! The tied output head and the cross-entropy of its logits, some rows at a time, so that
//! the logits (N × V, the largest numbers of a step) never exist as a whole.

use super::product::{Matrix, product};
use super::rows::{cross_entropy, vectorised};

/// Rows whose logits exist at once.
const LOGIT_ROWS: usize = 256;

/// What is predicted: the token after each of N, and its weight in the loss. Those of weight 0
/// cost no time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets<'a> {
    pub(super) targets: &'a [u32],
    pub(super) loss_weights: &'a [f32],
    /// The sum of the weights of the whole batch, by which gradients are divided.
    pub(super) total: f32,
}

/// Memory for the rows whose logits exist.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadBuffers {
    picked: Vec<f32>,
    picked_grad: Vec<f32>,
    logits: Vec<f32>,
}

impl HeadBuffers {
    /// The sum of the losses in nats, each times its weight. With `gradients`, those of the
    /// states, `[N, D]`, are written there, and those of the embeddings, `[V, D]`, added.
    pub(super) fn loss(
        &mut self,
        states: &[f32],
        embed: &[f32],
        targets: Targets<'_>,
        mut gradients: Option<(&mut [f32], &mut [f32])>,
    ) -> f64 {
        let width = states.len() / targets.targets.len();
        let vocab = embed.len() / width;
        let counted: Vec<usize> = (0..targets.loss_weights.len())
            .filter(|at| targets.loss_weights[*at] > 0.0)
            .collect();
        if let Some((state_grad, _)) = &mut gradients {
            state_grad.fill(0.0);
        }
        let mut sum = 0.0;
        for places in counted.chunks(LOGIT_ROWS) {
            let count = places.len();
            let HeadBuffers { picked, picked_grad, logits } = &mut *self;
            picked.clear();
            for at in places {
                picked.extend_from_slice(&states[at * width..][..width]);
            }
            logits.resize(LOGIT_ROWS * vocab, 0.0);
            let logits = &mut logits[..count * vocab];
            let embed = Matrix::new(embed, width);
            product(logits, vocab, 0.0, 1.0, Matrix::new(picked, width), embed.t());
            vectorised(|| {
                for (logits, at) in logits.chunks_exact_mut(vocab).zip(places) {
                    let count = targets.loss_weights[*at];
                    let target = targets.targets[*at] as usize;
                    let loss = cross_entropy(logits, target, count / targets.total);
                    sum += f64::from(count) * f64::from(loss);
                }
            });
            let Some((state_grad, embed_grad)) = &mut gradients else { continue };
            let logits = Matrix::new(logits, vocab);
            picked_grad.resize(LOGIT_ROWS * width, 0.0);
            product(picked_grad, width, 0.0, 1.0, logits, embed);
            for (picked_grad, at) in picked_grad.chunks_exact(width).zip(places) {
                state_grad[at * width..][..width].copy_from_slice(picked_grad);
            }
            let picked = Matrix::new(picked, width);
            product(embed_grad, width, 1.0, 1.0, logits.t(), picked);
        }
        sum
    }
}
