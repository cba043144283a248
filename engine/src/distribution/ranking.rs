//! The order of the vocabulary by falling logit, sorted only as far as it is asked for.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Token ids by falling logit; equal logits by rising id. A full sort of the vocabulary
/// at each step would cost more than it shows: the front is selected and sorted, the
/// rest stays as it is.
pub(crate) struct Ranking<'a> {
    logits: &'a [f32],
    /// The first of the order, or all ids with the first in order.
    ids: Vec<u32>,
    sorted: usize,
}

/// Up to so many are found in one look at the logits.
const FEW: usize = 256;

impl<'a> Ranking<'a> {
    /// The order of V logits; all must be numbers.
    pub(crate) fn new(logits: &'a [f32]) -> Self {
        Ranking { logits, ids: Vec::new(), sorted: 0 }
    }

    /// The `count` ids of the highest logits, in order; all if there are fewer.
    pub(crate) fn top(&mut self, count: usize) -> &[u32] {
        let logits = self.logits;
        let count = count.min(logits.len());
        if count > self.sorted && count <= FEW && self.ids.len() < logits.len() {
            self.ids = first(logits, count);
            self.sorted = count;
        } else if count > self.sorted {
            if self.ids.len() < logits.len() {
                self.ids = (0..logits.len() as u32).collect();
                self.sorted = 0;
            }
            let by_rank = |a: &u32, b: &u32| compare(logits, *a, *b);
            let rest = &mut self.ids[self.sorted..];
            let wanted = count - self.sorted;
            if wanted < rest.len() {
                rest.select_nth_unstable_by(wanted - 1, by_rank);
            }
            rest[..wanted].sort_unstable_by(by_rank);
            self.sorted = count;
        }
        &self.ids[..count]
    }

    /// The 1-based place of an id in the order.
    pub(crate) fn rank(&self, id: u32) -> u32 {
        let before = |other: &u32| compare(self.logits, *other, id) == Ordering::Less;
        (0..self.logits.len() as u32).filter(before).count() as u32 + 1
    }

    /// How many of the first `most` places there are before `enough` holds, plus the
    /// place where it holds. `enough` sees the ids in order, each once.
    pub(crate) fn count_until(
        &mut self,
        most: usize,
        mut enough: impl FnMut(u32) -> bool,
    ) -> usize {
        let most = most.min(self.logits.len());
        let (mut seen, mut step) = (0, 64);
        while seen < most {
            let end = (seen + step).min(most);
            for index in seen..end {
                let id = self.top(end)[index];
                if enough(id) {
                    return index + 1;
                }
            }
            (seen, step) = (end, step * 4);
        }
        most
    }
}

fn compare(logits: &[f32], a: u32, b: u32) -> Ordering {
    logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b))
}

/// The `count` ids of the highest logits, in order.
fn first(logits: &[f32], count: usize) -> Vec<u32> {
    // The last in order is on top, and gives way to what goes before it.
    let mut heap: BinaryHeap<Ranked> = BinaryHeap::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (id, logit) in (0..).zip(logits) {
        // An equal logit with a higher id comes later.
        if heap.len() < count || logit.total_cmp(&least).is_gt() {
            heap.push(Ranked { id, logit: *logit });
            if heap.len() > count {
                heap.pop();
            }
            least = heap.peek().map_or(least, |last| last.logit);
        }
    }
    heap.into_sorted_vec().into_iter().map(|ranked| ranked.id).collect()
}

/// An id; greater ones come later in the order.
struct Ranked {
    id: u32,
    logit: f32,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        other.logit.total_cmp(&self.logit).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_in_the_same_order() {
        let logits: Vec<f32> = (0..2000).map(|i| (i * 7919 % 503) as f32).collect();
        let mut sorted: Vec<u32> = (0..2000).collect();
        sorted.sort_by(|a, b| compare(&logits, *a, *b));
        for counts in [&[10, 300, 5, 2000][..], &[256, 257], &[2000, 3], &[0, 1]] {
            let mut ranking = Ranking::new(&logits);
            for count in counts {
                assert_eq!(ranking.top(*count), &sorted[..*count]);
            }
        }
    }

    #[test]
    fn ties_go_by_rising_id_and_the_front_grows_in_place() {
        let logits = [1.0, 3.0, 3.0, -1.0, 2.0, 3.0];
        let mut ranking = Ranking::new(&logits);
        assert_eq!(ranking.top(2), [1, 2]);
        assert_eq!(ranking.top(4), [1, 2, 5, 4]);
        assert_eq!(ranking.top(100), [1, 2, 5, 4, 0, 3]);
        assert_eq!(ranking.rank(5), 3);
        assert_eq!(ranking.rank(3), 6);
    }

    #[test]
    fn counting_stops_at_the_place_that_is_enough() {
        let logits: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let mut ranking = Ranking::new(&logits);
        assert_eq!(ranking.count_until(1000, |id| id == 900), 100);
        assert_eq!(ranking.count_until(50, |id| id == 900), 50);
    }
}
