//! The model at work: loss and gradients of batches, on all threads.
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
use self::pass::Lane;
use crate::corpus::Batch;
use crate::model::Model;
use crate::parts::Parts;
use crate::shape::Shape;

/// Tokens that a thread takes at one time: what it keeps of them fits its caches better
/// than all tokens of a step would, and threads seldom wait for each other.
const PACK: usize = 512;

/// The memory of all threads.
#[derive(Clone, Debug)]
pub struct Network {
    attention: Attention,
    lanes: Vec<Lane>,
}

impl Network {
    /// For models of a shape.
    pub fn new(shape: Shape) -> Network {
        let lanes = vec![Lane::new(shape); rayon::current_num_threads()];
        Network { attention: Attention::new(shape), lanes }
    }

    /// The mean loss in nats of what counts in a batch.
    pub fn loss(&mut self, model: &Model, batch: &Batch) -> f64 {
        self.run(model, batch, false)
    }

    /// The mean loss, and its gradients.
    pub fn gradients(
        &mut self,
        model: &Model,
        batch: &Batch,
    ) -> (f64, &mut Parts<Vec<f32>>) {
        let loss = self.run(model, batch, true);
        let (first, others) = self.lanes.split_at_mut(1);
        let sums = &mut first[0].gradients;
        let others: Vec<Vec<&Vec<f32>>> =
            others.iter().map(|lane| lane.gradients.all()).collect();
        sums.all_mut().into_par_iter().enumerate().for_each(|(place, sum)| {
            others.iter().for_each(|other| rows::add(sum, other[place]));
        });
        (loss, sums)
    }

    fn run(&mut self, model: &Model, batch: &Batch, learns: bool) -> f64 {
        let weights = model.slices();
        let total = batch.counts.iter().sum::<f32>();
        let packs = batch.packs(PACK);
        let next = AtomicUsize::new(0);
        let attention = &self.attention;
        self.lanes.par_iter_mut().for_each(|lane| {
            match learns {
                true => lane.clear(),
                false => lane.loss = 0.0,
            }
            while let Some(pack) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
                lane.pass(&weights, attention, *pack, total, learns);
            }
        });
        self.lanes.iter().map(|lane| lane.loss).sum::<f64>() / f64::from(total)
    }
}
