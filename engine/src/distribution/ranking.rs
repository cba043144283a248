//! The order of the vocabulary by falling logit, sorted only as far as it is asked for.

use std::cmp::Ordering;

/// Token ids by falling logit; equal logits by rising id. A full sort of the vocabulary
/// at each step would cost more than it shows: the front is selected and sorted, the
/// rest stays as it is.
pub(crate) struct Ranking<'a> {
    logits: &'a [f32],
    ids: Vec<u32>,
    sorted: usize,
}

impl<'a> Ranking<'a> {
    /// The order of V logits; all must be numbers.
    pub(crate) fn new(logits: &'a [f32]) -> Self {
        Ranking { logits, ids: (0..logits.len() as u32).collect(), sorted: 0 }
    }

    /// The `count` ids of the highest logits, in order; all if there are fewer.
    pub(crate) fn top(&mut self, count: usize) -> &[u32] {
        let count = count.min(self.ids.len());
        if count > self.sorted {
            let logits = self.logits;
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
        let most = most.min(self.ids.len());
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

#[cfg(test)]
mod tests {
    use super::*;

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
