//! Logits in memory, ranked by falling logit. Only the top tokens that were requested are
//! sorted.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use kernels::exponential_sums;

use super::ranked_logits::{Ranked, RankedLogits};
use crate::error::{InferenceError, Result};

/// Token ids by falling logit; equal logits by rising id. A full sort of the vocabulary
/// at each step would be too slow: only the top tokens are selected and sorted.
pub(crate) struct Ranking<'a> {
    logits: &'a [f32],
    highest: f32,
    /// The top `sorted` ids in order; behind them either nothing or all other ids,
    /// unsorted.
    ids: Vec<u32>,
    sorted: usize,
}

/// Up to this many top tokens are found with a heap, in one pass over the logits.
const HEAP_LIMIT: usize = 256;

impl<'a> Ranking<'a> {
    /// Checks V logits and finds the highest.
    ///
    /// # Errors
    /// If there are no logits, or one is NaN or infinite.
    pub(crate) fn new(logits: &'a [f32]) -> Result<Self> {
        // No early exit, so that the loop is vectorised.
        let finite = logits.iter().fold(true, |finite, logit| finite & logit.is_finite());
        if logits.is_empty() || !finite {
            return Err(InferenceError::NonFiniteLogits);
        }
        let highest = highest(logits);
        Ok(Ranking { logits, highest, ids: Vec::new(), sorted: 0 })
    }

    /// The 1-based rank of an id.
    fn rank(&self, id: u32) -> u32 {
        // Not by `compare`, so that the loops are vectorised: they are most of a logit lens.
        let logit = self.logits[id as usize];
        let above = self.logits.iter().filter(|other| **other > logit).count();
        let equal = self.logits[..id as usize].iter();
        let equal = equal.filter(|other| **other == logit).count();
        (above + equal) as u32 + 1
    }
}

impl RankedLogits for Ranking<'_> {
    fn count(&self) -> usize {
        self.logits.len()
    }

    fn values(&self) -> Result<Cow<'_, [f32]>> {
        Ok(Cow::Borrowed(self.logits))
    }

    fn highest(&self) -> f32 {
        self.highest
    }

    fn sums(&mut self, factor: f32) -> Result<(f64, f64)> {
        Ok(exponential_sums(self.logits, self.highest, factor))
    }

    fn sort(&mut self, count: usize) -> Result<usize> {
        let logits = self.logits;
        let count = count.min(logits.len());
        if count > self.sorted && count <= HEAP_LIMIT && self.ids.len() < logits.len() {
            self.ids = top_ids(logits, count);
            self.sorted = count;
        } else if count > self.sorted {
            if self.ids.len() < logits.len() {
                self.ids = (0..logits.len() as u32).collect();
                self.sorted = 0;
            }
            let by_rank = |a: &u32, b: &u32| compare(logits, *a, *b);
            let rest = &mut self.ids[self.sorted..];
            let missing = count - self.sorted;
            if missing < rest.len() {
                rest.select_nth_unstable_by(missing - 1, by_rank);
            }
            rest[..missing].sort_unstable_by(by_rank);
            self.sorted = count;
        }
        Ok(count)
    }

    fn ranked(&self, index: usize) -> Ranked {
        let id = self.ids[index];
        Ranked { id, logit: self.logits[id as usize] }
    }

    fn logits_and_ranks(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>> {
        Ok(ids.iter().map(|id| (self.logits[*id as usize], self.rank(*id))).collect())
    }

    fn count_high(
        &mut self,
        limit: usize,
        is_high: impl Fn(f32) -> bool,
    ) -> Result<usize> {
        // One pass over all logits is cheaper than sorting many.
        let high = self.logits.iter().filter(|logit| is_high(**logit)).count();
        Ok(high.min(limit))
    }
}

/// Logits that are compared at once, in vectors.
const LANES: usize = 16;

/// The highest of some logits; −∞ if there are none.
fn highest(logits: &[f32]) -> f32 {
    let higher = |a: f32, b: f32| if b > a { b } else { a };
    let (vectors, rest) = logits.as_chunks::<LANES>();
    let mut highest = [f32::NEG_INFINITY; LANES];
    for vector in vectors {
        for (highest, logit) in highest.iter_mut().zip(vector) {
            *highest = higher(*highest, *logit);
        }
    }
    highest.iter().chain(rest).copied().fold(f32::NEG_INFINITY, higher)
}

/// The order of two ids: falling logit, then rising id.
fn compare(logits: &[f32], a: u32, b: u32) -> Ordering {
    compare_logits(logits[b as usize], logits[a as usize]).then(a.cmp(&b))
}

/// The order of two finite logits. Zeros are equal whatever their sign, as they are to
/// `<` and `>`.
fn compare_logits(a: f32, b: f32) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

/// The `count` ids of the highest logits, in order.
fn top_ids(logits: &[f32], count: usize) -> Vec<u32> {
    // The lowest-ranked token is on top of the heap; a better one replaces it.
    let mut heap: BinaryHeap<ByRank> = BinaryHeap::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (vector, logits) in (0..).step_by(LANES).zip(logits.chunks(LANES)) {
        // An equal logit with a higher id ranks lower. Most vectors hold no better token.
        let enters = |logit: &f32| *logit > least;
        if heap.len() >= count && !logits.iter().fold(false, |any, x| any | enters(x)) {
            continue;
        }
        for (id, logit) in (vector..).zip(logits) {
            if heap.len() < count || *logit > least {
                heap.push(ByRank(Ranked { id, logit: *logit }));
                if heap.len() > count {
                    heap.pop();
                }
                least = heap.peek().map_or(least, |last| last.0.logit);
            }
        }
    }
    heap.into_sorted_vec().into_iter().map(|ranked| ranked.0.id).collect()
}

/// A token, ordered by rank: the greater one ranks lower.
pub(crate) struct ByRank(pub(crate) Ranked);

impl Ord for ByRank {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_logits(other.0.logit, self.0.logit).then(self.0.id.cmp(&other.0.id))
    }
}

impl PartialOrd for ByRank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByRank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByRank {}

#[cfg(test)]
mod tests {
    use super::super::ranked_logits::count_until;
    use super::*;

    fn top(ranking: &mut Ranking, count: usize) -> Vec<u32> {
        let count = ranking.sort(count).unwrap();
        (0..count).map(|index| ranking.ranked(index).id).collect()
    }

    #[test]
    fn the_heap_and_the_sort_give_the_same_order() {
        let logits: Vec<f32> = (0..2000).map(|i| (i * 7919 % 503) as f32).collect();
        let mut sorted: Vec<u32> = (0..2000).collect();
        sorted.sort_by(|a, b| compare(&logits, *a, *b));
        for counts in [&[10, 300, 5, 2000][..], &[256, 257], &[2000, 3], &[0, 1]] {
            let mut ranking = Ranking::new(&logits).unwrap();
            for count in counts {
                assert_eq!(top(&mut ranking, *count), &sorted[..*count]);
            }
        }
    }

    #[test]
    fn the_highest_logit_is_found_at_any_index() {
        for count in [1, 16, 33] {
            for place in 0..count {
                let mut logits = vec![-2.0; count];
                logits[place] = -1.0;
                let mut ranking = Ranking::new(&logits).unwrap();
                assert_eq!(ranking.highest(), -1.0);
                assert_eq!(top(&mut ranking, 1), [place as u32]);
            }
        }
    }

    #[test]
    fn ties_are_ranked_by_rising_id_and_sorting_continues_where_it_ended() {
        let logits = [1.0, 3.0, 3.0, -1.0, 2.0, 3.0];
        let mut ranking = Ranking::new(&logits).unwrap();
        assert_eq!(top(&mut ranking, 2), [1, 2]);
        assert_eq!(top(&mut ranking, 4), [1, 2, 5, 4]);
        assert_eq!(top(&mut ranking, 100), [1, 2, 5, 4, 0, 3]);
        assert_eq!(ranking.logits_and_ranks(&[5, 3]).unwrap(), [(3.0, 3), (-1.0, 6)]);
    }

    #[test]
    fn zeros_are_equal_whatever_their_sign() {
        let logits = [-0.0, 0.0, -0.0, 1.0];
        for count in [3, 4] {
            let mut ranking = Ranking::new(&logits).unwrap();
            assert_eq!(top(&mut ranking, count), [3, 0, 1, 2][..count]);
            assert_eq!(ranking.logits_and_ranks(&[1]).unwrap(), [(0.0, 3)]);
        }
    }

    #[test]
    fn counting_stops_after_the_first_match_or_at_the_limit() {
        let logits: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let mut ranking = Ranking::new(&logits).unwrap();
        let is_900 = |ranked: Ranked| ranked.id == 900;
        assert_eq!(count_until(&mut ranking, 1000, is_900).unwrap(), 100);
        assert_eq!(count_until(&mut ranking, 50, is_900).unwrap(), 50);
    }
}
