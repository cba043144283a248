//! How many threads are the fastest for passes of one size, from the times of such passes.

/// The time of a pass by each number of members.
#[derive(Debug)]
pub(super) struct ThreadChoice {
    /// For 1, 2, … members: smoothed milliseconds for each token; `None` if not tried yet.
    measured: Vec<Option<f64>>,
    /// How many are used as long as nothing was measured.
    begin: usize,
    /// Numbers of members that are measured before anything is chosen, the last first.
    first: Vec<usize>,
    /// Passes since the last trial of another number of members.
    since_trial: u32,
    /// Passes between two trials; doubled after each, reset when the fastest number
    /// changes.
    trial_interval: u32,
    /// Trials so far: they take turns at what they try.
    trials: usize,
}

/// The least and the most passes between two trials.
const TRIAL_INTERVAL: std::ops::RangeInclusive<u32> = 8..=256;

/// The weight of a slower measurement in the smoothed time. A faster one replaces it at
/// once, because what slows a pass down comes from other programs.
const NEW_SHARE: f64 = 0.25;

impl ThreadChoice {
    /// Of up to `most` members, begins with trials of `begin`, of half of them, and so on, down
    /// to one. Each is measured twice: the first passes of a model also compile it, read its
    /// weights from their file, and wake threads for the first time.
    pub(super) fn of_all(most: usize, begin: usize) -> ThreadChoice {
        let halves = || std::iter::successors(Some(begin), |n| (*n > 1).then_some(n / 2));
        let mut first: Vec<usize> = halves().chain(halves()).collect();
        first.reverse();
        ThreadChoice { first, ..ThreadChoice::beginning_with(most, begin) }
    }

    /// Of up to `most` members, uses `begin` until others were tried: a pass of many tokens is
    /// too long to begin with fewer.
    pub(super) fn beginning_with(most: usize, begin: usize) -> ThreadChoice {
        ThreadChoice {
            measured: vec![None; most],
            begin,
            first: Vec::new(),
            since_trial: 0,
            // That not all are used may be for want of a core for a moment.
            trial_interval: if begin < most { 2 } else { *TRIAL_INTERVAL.start() },
            trials: 0,
        }
    }

    /// The number of members with the shortest time; those to begin with if nothing was measured.
    pub(super) fn fastest(&self) -> usize {
        let measured = (1..).zip(&self.measured);
        let measured = measured.filter_map(|(count, ms)| Some((count, (*ms)?)));
        let fastest = measured.min_by(|a, b| a.1.total_cmp(&b.1));
        fastest.map_or(self.begin, |(count, _)| count)
    }

    /// The number of members of the next pass: those to begin with, then the fastest, and now
    /// and then one more, one less, or `other`, which is known to be fast elsewhere.
    pub(super) fn next(&mut self, other: usize) -> usize {
        if let Some(first) = self.first.pop() {
            return first;
        }
        let fastest = self.fastest();
        self.since_trial += 1;
        if self.since_trial < self.trial_interval {
            return fastest;
        }
        self.since_trial = 0;
        self.trial_interval = (2 * self.trial_interval).min(*TRIAL_INTERVAL.end());
        let most = self.measured.len();
        let mut tried = [fastest + 1, fastest - 1, other];
        tried.rotate_left(self.trials % 3);
        self.trials += 1;
        let can_be_tried =
            |count: &usize| (1..=most).contains(count) && *count != fastest;
        tried.into_iter().find(can_be_tried).unwrap_or(fastest)
    }

    /// Records the milliseconds for each token of a pass by `count` members.
    pub(super) fn record(&mut self, count: usize, ms: f64) {
        let before = self.fastest();
        let Some(measured) = self.measured.get_mut(count - 1) else { return };
        *measured = Some(match *measured {
            Some(old) if ms > old => old + NEW_SHARE * (ms - old),
            _ => ms,
        });
        if self.fastest() != before {
            self.trial_interval = *TRIAL_INTERVAL.start();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a number of members is used, of 2,000 passes that take these times.
    fn uses(choice: &mut ThreadChoice, ms: [f64; 4]) -> [u32; 4] {
        let mut uses = [0; 4];
        for _ in 0..2000 {
            let count = choice.next(1);
            choice.record(count, ms[count - 1]);
            uses[count - 1] += 1;
        }
        uses
    }

    fn most_used(choice: &mut ThreadChoice, ms: [f64; 4]) -> usize {
        let uses = uses(choice, ms);
        (1..).zip(uses).max_by_key(|(_, uses)| *uses).map_or(0, |(count, _)| count)
    }

    #[test]
    fn the_fastest_number_of_threads_is_found_and_found_again() {
        for mut choice in [
            ThreadChoice::of_all(4, 4),
            ThreadChoice::beginning_with(4, 4),
            ThreadChoice::beginning_with(4, 1),
        ] {
            assert_eq!(most_used(&mut choice, [4.0, 2.0, 1.5, 1.2]), 4);
            assert_eq!(most_used(&mut choice, [4.0, 2.0, 3.0, 9.0]), 2);
            assert_eq!(most_used(&mut choice, [1.0, 2.0, 3.0, 9.0]), 1);
            assert_eq!(most_used(&mut choice, [4.0, 2.0, 1.5, 1.2]), 4);
        }
    }

    #[test]
    fn a_first_pass_that_is_slow_because_it_is_the_first_decides_nothing() {
        let mut choice = ThreadChoice::of_all(2, 2);
        let counts: Vec<usize> = (0..8)
            .map(|pass| {
                let count = choice.next(1);
                choice.record(count, if pass == 0 { 100.0 } else { 10.0 / count as f64 });
                count
            })
            .collect();
        assert_eq!(counts, [2, 1, 2, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn many_threads_are_tried_by_halves() {
        let mut choice = ThreadChoice::of_all(12, 12);
        let mut first = Vec::new();
        for _ in 0..9 {
            first.push(choice.next(1));
            choice.record(first[first.len() - 1], 1.0);
        }
        assert_eq!(first[..8], [12, 6, 3, 1, 12, 6, 3, 1]);
    }

    #[test]
    fn a_text_that_is_suddenly_long_costs_few_passes_by_the_wrong_number() {
        let mut choice = ThreadChoice::of_all(2, 2);
        let mut alone = 0;
        for pass in 0..160 {
            let count = choice.next(1);
            let (ms, is_long) = if pass < 130 { (10.0, false) } else { (40.0, true) };
            alone += u32::from(is_long && count == 1);
            choice.record(count, ms / count as f64);
        }
        // Two to find out, two trials.
        assert!(alone <= 4, "{alone} passes by one thread of two");
    }
}
