//! Logits on a device. Sums, the top tokens and ranks are computed there with candle's
//! operations, so that some kilobytes are copied back and not the whole vocabulary. All
//! logits are copied only if the sampler needs more than the top tokens.

use std::borrow::Cow;

use candle_core::{DType, Tensor};

use super::ranked_logits::{FIRST_STEP, Ranked, RankedLogits};
use super::ranking::{ByRank, Ranking};
use crate::error::{InferenceError, Result};

/// Columns of the table in which the vocabulary is sorted: a device sorts each row in
/// parallel.
const COLUMNS: usize = 1024;
/// The padding of the last row: far below any logit, and finite.
const PADDING_LOGIT: f64 = -1e30;

/// V logits on a device.
pub(crate) struct DeviceLogits<'a> {
    /// `[V]`.
    logits: &'a Tensor,
    count: usize,
    /// logit − highest in rows of [`COLUMNS`]. Sums of each row, then of all rows, are
    /// exact enough in f32.
    below: Tensor,
    highest: f32,
    /// Σ eˣ and Σ eˣ · x over x = logit − highest.
    sums: (f64, f64),
    /// The top tokens that were sorted so far, in order.
    front: Vec<Ranked>,
}

impl<'a> DeviceLogits<'a> {
    /// Computes sums and top tokens of V logits, `[V]` in f32.
    ///
    /// # Errors
    /// If there are no logits, one is NaN or infinite, or the computation fails.
    pub(crate) fn new(logits: &'a Tensor) -> Result<Self> {
        let count = logits.dims1()?;
        if count == 0 {
            return Err(InferenceError::NonFiniteLogits);
        }
        let padding = count.next_multiple_of(COLUMNS) - count;
        let filled = match padding {
            0 => logits.clone(),
            _ => {
                let padding_logits =
                    Tensor::full(PADDING_LOGIT as f32, padding, logits.device())?;
                Tensor::cat(&[logits, &padding_logits], 0)?
            }
        };
        let table = filled.reshape(((), COLUMNS))?;
        let highest = table.max(1)?.max(0)?;
        let below = table.broadcast_sub(&highest)?;
        let [sum, weighted] = exponential_sums(&below, 1.0)?;
        let statistics = Tensor::cat(&[&highest.reshape(1)?, &sum, &weighted], 0)?;
        let statistics: Vec<f32> = statistics.to_vec1()?;
        let [highest, sum, weighted] = [statistics[0], statistics[1], statistics[2]];
        // NaN and infinity in a logit make one of these NaN or infinite. Such logits
        // cannot be sorted.
        if !statistics.iter().all(|statistic| statistic.is_finite()) {
            return Err(InferenceError::NonFiniteLogits);
        }

        // The top tokens of each row; those of the vocabulary are among them.
        let per_row = FIRST_STEP;
        let order =
            table.arg_sort_last_dim(false)?.narrow(1, 0, per_row)?.contiguous()?;
        let row_tops: Vec<f32> = table.gather(&order, 1)?.flatten_all()?.to_vec1()?;
        let columns: Vec<u32> = order.flatten_all()?.to_vec1()?;
        Ok(DeviceLogits {
            logits,
            count,
            below,
            highest,
            sums: (sum.into(), weighted.into()),
            front: merge_rows(&columns, &row_tops, per_row, count),
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

/// Merges the top tokens of all rows, in order. The result ends where the order is no
/// longer certain: the next logit of a row that has more than `per_row` may be as high as
/// its last one here.
fn merge_rows(
    columns: &[u32],
    logits: &[f32],
    per_row: usize,
    count: usize,
) -> Vec<Ranked> {
    let mut ranked = Vec::with_capacity(logits.len());
    let mut threshold = f32::NEG_INFINITY;
    let rows = columns.chunks_exact(per_row).zip(logits.chunks_exact(per_row));
    for (row, (columns, logits)) in rows.enumerate() {
        let first_id = (row * COLUMNS) as u32;
        if first_id as usize + per_row < count {
            threshold = threshold.max(logits[per_row - 1]);
        }
        let ids = columns.iter().map(|column| first_id + column);
        let pairs =
            ids.zip(logits).map(|(id, logit)| ByRank(Ranked { id, logit: *logit }));
        ranked.extend(pairs.filter(|pair| (pair.0.id as usize) < count));
    }
    ranked.sort_unstable();
    let ranked = ranked.into_iter().map(|pair| pair.0);
    ranked.take_while(|ranked| ranked.logit > threshold).collect()
}

impl RankedLogits for DeviceLogits<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn values(&self) -> Result<Cow<'_, [f32]>> {
        Ok(Cow::Owned(self.logits.to_vec1()?))
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
            // A caller that needs so many may need all.
            let all = ranking.sort(self.count)?;
            self.front = (0..all).map(|index| ranking.ranked(index)).collect();
        }
        Ok(count)
    }

    fn ranked(&self, index: usize) -> Ranked {
        self.front[index]
    }

    fn logits_and_ranks(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let row = self.logits.unsqueeze(0)?;
        let logits_and_ranks = logits_and_ranks(&row, ids)?;
        let [logits, ranks] = [
            logits_and_ranks.get(0)?.to_vec1::<f32>()?,
            logits_and_ranks.get(1)?.to_vec1()?,
        ];
        Ok(logits
            .into_iter()
            .zip(ranks)
            .map(|(logit, rank)| (logit, rank as u32))
            .collect())
    }
}

/// Logits and 1-based ranks, [2, N], of N ids. The logits are [N, V] with a row for each
/// id, or [1, V] for all ids. Ranks are exact in f32 up to 16 million.
pub(super) fn logits_and_ranks(logits: &Tensor, ids: &[u32]) -> Result<Tensor> {
    let device = logits.device();
    let (rows, count) = logits.dims2()?;
    let ids = Tensor::new(ids, device)?;
    let own = match rows {
        1 => logits.squeeze(0)?.index_select(&ids, 0)?.unsqueeze(1)?,
        _ => logits.gather(&ids.unsqueeze(1)?, 1)?,
    };
    let ids = ids.unsqueeze(1)?;
    let all = Tensor::arange(0, count as u32, device)?.unsqueeze(0)?;
    let earlier = all.broadcast_lt(&ids)?;
    let ties = (logits.broadcast_eq(&own)? * earlier)?;
    let before = (logits.broadcast_gt(&own)? + ties)?;
    let ranks = (before.to_dtype(DType::F32)?.sum(1)? + 1.0)?;
    Ok(Tensor::stack(&[own.squeeze(1)?, ranks], 0)?)
}
