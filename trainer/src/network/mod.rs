//! Loss and gradients of batches, on all threads.
//!
//! Written by hand on slices: candle's graph makes each step's tensors anew and adds them
//! up on one thread, and has no attention over sequences of different lengths. A test
//! holds the gradients to those of candle.

mod attention;
mod head;
mod pass;
pub(crate) mod product;
pub(crate) mod rows;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use self::attention::Attention;
use self::pass::ThreadState;
use crate::corpus::Batch;
use crate::model::Model;
use crate::per_weight::PerWeight;
use crate::shape::Shape;

/// Tokens that a thread takes at once: their activations fit its caches better than those of
/// a whole step, and threads seldom wait for each other.
const PACK_TOKENS: usize = 512;

/// The memory of all threads.
#[derive(Clone, Debug)]
pub struct Network {
    attention: Attention,
    threads: Vec<ThreadState>,
}

impl Network {
    /// For models of a shape.
    pub fn new(shape: Shape) -> Network {
        let threads = vec![ThreadState::new(shape); rayon::current_num_threads()];
        Network { attention: Attention::new(shape), threads }
    }

    /// The mean loss of a batch in nats a token, by the weights of its tokens.
    pub fn loss(&mut self, model: &Model, batch: &Batch) -> f64 {
        self.run(model, batch, false)
    }

    /// The mean loss, and its gradients.
    pub fn gradients(
        &mut self,
        model: &Model,
        batch: &Batch,
    ) -> (f64, &mut PerWeight<Vec<f32>>) {
        let loss = self.run(model, batch, true);
        let (first, others) = self.threads.split_at_mut(1);
        let sums = &mut first[0].gradients;
        let others: Vec<Vec<&Vec<f32>>> =
            others.iter().map(|thread| thread.gradients.all()).collect();
        sums.all_mut().into_par_iter().enumerate().for_each(|(place, sum)| {
            others.iter().for_each(|other| rows::add(sum, other[place]));
        });
        (loss, sums)
    }

    fn run(&mut self, model: &Model, batch: &Batch, with_gradients: bool) -> f64 {
        let weights = model.slices();
        let total = batch.loss_weights.iter().sum::<f32>();
        let packs = batch.packs(PACK_TOKENS);
        let next = AtomicUsize::new(0);
        let attention = &self.attention;
        self.threads.par_iter_mut().for_each(|thread| {
            match with_gradients {
                true => thread.clear(),
                false => thread.loss = 0.0,
            }
            while let Some(pack) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
                thread.pass(&weights, attention, *pack, total, with_gradients);
            }
        });
        self.threads.iter().map(|thread| thread.loss).sum::<f64>() / f64::from(total)
    }
}
