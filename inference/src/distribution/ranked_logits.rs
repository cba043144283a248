//! The operations on V logits that a distribution needs, in memory or on a device.

use std::borrow::Cow;

use crate::error::Result;

/// V finite logits, ranked by falling logit; equal logits are ranked by rising id. Only
/// the top tokens that were requested are sorted.
pub(crate) trait RankedLogits {
    /// How many of V logits are known: all, unless an engine elsewhere has listed some.
    fn count(&self) -> usize;

    /// How many of V logits are not known, all below those that are.
    fn unlisted(&self) -> usize {
        0
    }

    /// V.
    fn vocab_size(&self) -> usize {
        self.count() + self.unlisted()
    }

    /// All logits, by id.
    ///
    /// # Errors
    /// If the copy from a device fails, or not all are known.
    fn values(&self) -> Result<Cow<'_, [f32]>>;

    /// The highest logit.
    fn highest(&self) -> f32;

    /// Σ eˣ and Σ eˣ · x over x = (logit − highest) · factor.
    ///
    /// # Errors
    /// If the computation fails.
    fn sums(&mut self, factor: f32) -> Result<(f64, f64)>;

    /// Sorts the top `count` tokens, or all V if there are fewer. Returns how many that
    /// are.
    ///
    /// # Errors
    /// If the computation fails.
    fn sort(&mut self, count: usize) -> Result<usize>;

    /// The token at a 0-based index of the order. It must have been [sorted](Self::sort).
    fn ranked(&self, index: usize) -> Ranked;

    /// Logits and 1-based ranks of some ids.
    ///
    /// # Errors
    /// If the computation fails.
    fn logits_and_ranks(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>>;

    /// How many of the top `limit` tokens satisfy `is_high`, which must hold for every
    /// logit above one for which it holds.
    ///
    /// # Errors
    /// If the computation fails.
    fn count_high(&mut self, limit: usize, is_high: impl Fn(f32) -> bool) -> Result<usize>
    where
        Self: Sized,
    {
        let mut high = 0;
        count_until(self, limit, |ranked| {
            let is_low = !is_high(ranked.logit);
            high += usize::from(!is_low);
            is_low
        })?;
        Ok(high)
    }
}

/// A token's id with its logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranked {
    pub(crate) id: u32,
    pub(crate) logit: f32,
}

/// The number of top tokens up to and including the first for which `stop` returns true,
/// or `limit` if it is true for none of these. `stop` gets each token once, in order.
///
/// # Errors
/// If the computation fails.
pub(crate) fn count_until(
    logits: &mut impl RankedLogits,
    limit: usize,
    mut stop: impl FnMut(Ranked) -> bool,
) -> Result<usize> {
    let limit = limit.min(logits.count());
    let (mut seen, mut step) = (0, FIRST_STEP);
    while seen < limit {
        let end = logits.sort((seen + step).min(limit))?;
        for index in seen..end {
            if stop(logits.ranked(index)) {
                return Ok(index + 1);
            }
        }
        (seen, step) = (end, step * 4);
    }
    Ok(limit)
}

/// The number of top tokens that are sorted first.
pub(crate) const FIRST_STEP: usize = 64;
