//! What a distribution asks of V logits, wherever they are.

use crate::error::Result;

/// V logits, all of which are numbers, in the order of falling logit; equal logits go by
/// rising id. The order is sorted only as far as it is asked for.
pub(crate) trait RankedLogits {
    /// V.
    fn count(&self) -> usize;

    /// The highest.
    fn highest(&self) -> f32;

    /// Σ eˣ and Σ eˣ · x over x = (logit − highest) · factor.
    ///
    /// # Errors
    /// If the computation fails.
    fn sums(&mut self, factor: f32) -> Result<(f64, f64)>;

    /// Sees to it that the first `count` of the order are known, or all if there are
    /// fewer; says how many that are.
    ///
    /// # Errors
    /// If the computation fails.
    fn sort(&mut self, count: usize) -> Result<usize>;

    /// What is at an index of the order, as far as that is [sorted](Self::sort).
    fn ranked(&self, index: usize) -> Ranked;

    /// Logits and ranks of some ids, 1 being the first.
    ///
    /// # Errors
    /// If the computation fails.
    fn places(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>>;

    /// How many of the first `most` are high, where whatever is higher is high, too.
    ///
    /// # Errors
    /// If the computation fails.
    fn count_high(&mut self, most: usize, is_high: impl Fn(f32) -> bool) -> Result<usize>
    where
        Self: Sized,
    {
        let mut high = 0;
        count_until(self, most, |ranked| {
            let ends = !is_high(ranked.logit);
            high += usize::from(!ends);
            ends
        })?;
        Ok(high)
    }
}

/// An id with its logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ranked {
    pub(crate) id: u32,
    pub(crate) logit: f32,
}

/// How many of the first `most` places there are before `enough` holds, plus the place
/// where it holds. `enough` sees what is there in order, each once.
///
/// # Errors
/// If the computation fails.
pub(crate) fn count_until(
    logits: &mut impl RankedLogits,
    most: usize,
    mut enough: impl FnMut(Ranked) -> bool,
) -> Result<usize> {
    let most = most.min(logits.count());
    let (mut seen, mut step) = (0, FIRST_STEP);
    while seen < most {
        let end = logits.sort((seen + step).min(most))?;
        for index in seen..end {
            if enough(logits.ranked(index)) {
                return Ok(index + 1);
            }
        }
        (seen, step) = (end, step * 4);
    }
    Ok(most)
}

/// How far the order is looked at first.
pub(crate) const FIRST_STEP: usize = 64;
