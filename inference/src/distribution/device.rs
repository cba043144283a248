//! Logits on a device: sums, the first of the order and ranks are computed there, by
//! candle's own operations, so that some kilobytes come back and not the vocabulary. Only
//! where the sampler looks further than usual does all of it cross.

use candle_core::{DType, Tensor};

use super::ranked_logits::{FIRST_STEP, Ranked, RankedLogits};
use super::ranking::{ByRank, Ranking};
use crate::error::{InferenceError, Result};

/// Columns of the table that the vocabulary is sorted in: a device sorts a row at once.
const COLUMNS: usize = 1024;
/// What fills up the last row; far below any logit, and still a number.
const NOTHING: f64 = -1e30;

/// V logits on a device.
pub(crate) struct DeviceLogits<'a> {
    /// `[V]`.
    logits: &'a Tensor,
    count: usize,
    /// logit − highest in rows of [`COLUMNS`]: sums by rows, then of rows, are exact
    /// enough in f32.
    below: Tensor,
    highest: f32,
    sums: (f64, f64),
    /// The first of the order, as far as it is known.
    front: Vec<Ranked>,
}

impl<'a> DeviceLogits<'a> {
    /// Looks at V logits, `[V]` in f32.
    ///
    /// # Errors
    /// If there is none, one is NaN or infinite, or the computation fails.
    pub(crate) fn new(logits: &'a Tensor) -> Result<Self> {
        let count = logits.dims1()?;
        if count == 0 {
            return Err(InferenceError::NonFiniteLogits);
        }
        let padding = count.next_multiple_of(COLUMNS) - count;
        let filled = match padding {
            0 => logits.clone(),
            _ => {
                let nothing = Tensor::full(NOTHING as f32, padding, logits.device())?;
                Tensor::cat(&[logits, &nothing], 0)?
            }
        };
        let table = filled.reshape(((), COLUMNS))?;
        let highest = table.max(1)?.max(0)?;
        let below = table.broadcast_sub(&highest)?;
        let [sum, weighted] = exponential_sums(&below, 1.0)?;
        let numbers = Tensor::cat(&[&highest.reshape(1)?, &sum, &weighted], 0)?;
        let numbers: Vec<f32> = numbers.to_vec1()?;
        let [highest, sum, weighted] = [numbers[0], numbers[1], numbers[2]];
        // What is not a number makes one of these none. It is not to be sorted.
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err(InferenceError::NonFiniteLogits);
        }

        // The first of each row; all that are first in all are among them.
        let few = FIRST_STEP;
        let order = table.arg_sort_last_dim(false)?.narrow(1, 0, few)?.contiguous()?;
        let first: Vec<f32> = table.gather(&order, 1)?.flatten_all()?.to_vec1()?;
        let columns: Vec<u32> = order.flatten_all()?.to_vec1()?;
        Ok(DeviceLogits {
            logits,
            count,
            below,
            highest,
            sums: (sum.into(), weighted.into()),
            front: merged(&columns, &first, few, count),
        })
    }
}

/// Σ eˣ and Σ eˣ · x over x = (logit − highest) · factor, `[1]` each.
fn exponential_sums(below: &Tensor, factor: f64) -> Result<[Tensor; 2]> {
    let x = (below * factor)?;
    let power = x.exp()?;
    let sum = power.sum(1)?.sum_keepdim(0)?;
    let weighted = (power * x)?.sum(1)?.sum_keepdim(0)?;
    Ok([sum, weighted])
}

/// The order of what is first in each row, as far as it is surely that of all: a row that
/// has more may go on with its last logit.
fn merged(columns: &[u32], logits: &[f32], few: usize, count: usize) -> Vec<Ranked> {
    let mut ranked = Vec::with_capacity(logits.len());
    let mut sure_above = f32::NEG_INFINITY;
    let rows = columns.chunks_exact(few).zip(logits.chunks_exact(few));
    for (row, (columns, logits)) in rows.enumerate() {
        let first_id = (row * COLUMNS) as u32;
        if first_id as usize + few < count {
            sure_above = sure_above.max(logits[few - 1]);
        }
        let ids = columns.iter().map(|column| first_id + column);
        let pairs =
            ids.zip(logits).map(|(id, logit)| ByRank(Ranked { id, logit: *logit }));
        ranked.extend(pairs.filter(|pair| (pair.0.id as usize) < count));
    }
    ranked.sort_unstable();
    let ranked = ranked.into_iter().map(|pair| pair.0);
    ranked.take_while(|ranked| ranked.logit > sure_above).collect()
}

impl RankedLogits for DeviceLogits<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn highest(&self) -> f32 {
        self.highest
    }

    fn sums(&mut self, factor: f32) -> Result<(f64, f64)> {
        if factor == 1.0 {
            return Ok(self.sums);
        }
        let sums = exponential_sums(&self.below, factor.into())?;
        let sums: Vec<f32> = Tensor::cat(&sums, 0)?.to_vec1()?;
        Ok((sums[0].into(), sums[1].into()))
    }

    fn sort(&mut self, count: usize) -> Result<usize> {
        let count = count.min(self.count);
        if count > self.front.len() {
            let all: Vec<f32> = self.logits.to_vec1()?;
            let mut ranking = Ranking::new(&all)?;
            // Whoever wants so many may want all.
            let all = ranking.sort(self.count)?;
            self.front = (0..all).map(|index| ranking.ranked(index)).collect();
        }
        Ok(count)
    }

    fn ranked(&self, index: usize) -> Ranked {
        self.front[index]
    }

    fn places(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let row = self.logits.unsqueeze(0)?;
        let places = places(&row, ids)?;
        let [logits, ranks] =
            [places.get(0)?.to_vec1::<f32>()?, places.get(1)?.to_vec1()?];
        Ok(logits
            .into_iter()
            .zip(ranks)
            .map(|(logit, rank)| (logit, rank as u32))
            .collect())
    }
}

/// Logits and ranks of N ids, each in its row of [N, V] logits or all in the only one:
/// [2, N]. Ranks are exact in f32 up to 16 million.
pub(super) fn places(logits: &Tensor, ids: &[u32]) -> Result<Tensor> {
    let device = logits.device();
    let (rows, count) = logits.dims2()?;
    let wanted = Tensor::new(ids, device)?;
    let own = match rows {
        1 => logits.squeeze(0)?.index_select(&wanted, 0)?.unsqueeze(1)?,
        _ => logits.gather(&wanted.unsqueeze(1)?, 1)?,
    };
    let wanted = wanted.unsqueeze(1)?;
    let all = Tensor::arange(0, count as u32, device)?.unsqueeze(0)?;
    let earlier = all.broadcast_lt(&wanted)?;
    let ties = (logits.broadcast_eq(&own)? * earlier)?;
    let before = (logits.broadcast_gt(&own)? + ties)?;
    let ranks = (before.to_dtype(DType::F32)?.sum(1)? + 1.0)?;
    Ok(Tensor::stack(&[own.squeeze(1)?, ranks], 0)?)
}
