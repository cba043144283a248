//! The tied output head and the cross-entropy of its logits, some rows at a time, so that
//! the logits (N × V, the largest numbers of a step) never exist as a whole.

use super::product::{Matrix, product};
use super::rows::{cross_entropy, fast};

/// Rows whose logits exist at one time.
const ROWS: usize = 256;

/// What is predicted: the token after each of N, and how much each counts. Those that
/// count nothing cost nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) targets: &'a [u32],
    pub(super) counts: &'a [f32],
    /// What the gradients are divided by.
    pub(super) total: f32,
}

/// Room for the rows that are at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    picked: Vec<f32>,
    of_picked: Vec<f32>,
    logits: Vec<f32>,
}

impl Room {
    /// The sum of the losses in nats, times their counts. With `gradients`, those of the
    /// states, `[N, D]`, are put there, and those of the embeddings, `[V, D]`, added.
    pub(super) fn loss(
        &mut self,
        states: &[f32],
        embed: &[f32],
        wanted: Wanted<'_>,
        mut gradients: Option<(&mut [f32], &mut [f32])>,
    ) -> f64 {
        let width = states.len() / wanted.targets.len();
        let vocab = embed.len() / width;
        let counted: Vec<usize> =
            (0..wanted.counts.len()).filter(|at| wanted.counts[*at] > 0.0).collect();
        if let Some((of_states, _)) = &mut gradients {
            of_states.fill(0.0);
        }
        let mut sum = 0.0;
        for places in counted.chunks(ROWS) {
            let count = places.len();
            let Room { picked, of_picked, logits } = &mut *self;
            picked.clear();
            for at in places {
                picked.extend_from_slice(&states[at * width..][..width]);
            }
            logits.resize(ROWS * vocab, 0.0);
            let logits = &mut logits[..count * vocab];
            let embed = Matrix::new(embed, width);
            product(logits, vocab, 0.0, 1.0, Matrix::new(picked, width), embed.t());
            fast(|| {
                for (logits, at) in logits.chunks_exact_mut(vocab).zip(places) {
                    let count = wanted.counts[*at];
                    let target = wanted.targets[*at] as usize;
                    let loss = cross_entropy(logits, target, count / wanted.total);
                    sum += f64::from(count) * f64::from(loss);
                }
            });
            let Some((of_states, of_embed)) = &mut gradients else { continue };
            let logits = Matrix::new(logits, vocab);
            of_picked.resize(ROWS * width, 0.0);
            product(of_picked, width, 0.0, 1.0, logits, embed);
            for (of_picked, at) in of_picked.chunks_exact(width).zip(places) {
                of_states[at * width..][..width].copy_from_slice(of_picked);
            }
            let picked = Matrix::new(picked, width);
            product(of_embed, width, 1.0, 1.0, logits.t(), picked);
        }
        sum
    }
}
