//! Chooses the number of threads by measuring, again and again. A machine may have fewer
//! cores than it reports, or other work for them, and then a team that waits for a thread
//! that does not run is slower than one thread alone.

use kernels::{Member, Team};

/// A team, and the time of a pass of one token by each number of its members.
#[derive(Debug)]
pub(super) struct ThreadTuner {
    team: Team,
    clock_ms: fn() -> f64,
    /// For 1, 2, … members: smoothed milliseconds of a pass; `None` if not tried yet.
    pass_ms: Vec<Option<f64>>,
    /// Passes of one token since the last trial of another number of members.
    passes: u32,
    /// Passes between two trials; doubled after each, reset when the fastest number
    /// changes.
    trial_interval: u32,
    /// Whether the last trial was of one more member rather than one less.
    try_more: bool,
}

/// The least and the most passes between two trials.
const TRIAL_INTERVAL: std::ops::RangeInclusive<u32> = 32..=256;

/// The weight of a slower measurement in the smoothed time. A faster one replaces it at
/// once, because what slows a pass down comes from other programs.
const NEW_SHARE: f64 = 0.25;

impl ThreadTuner {
    pub(super) fn new(team: Team, clock_ms: fn() -> f64) -> ThreadTuner {
        let pass_ms = vec![None; team.count()];
        let trial_interval = *TRIAL_INTERVAL.start();
        ThreadTuner {
            team,
            clock_ms,
            pass_ms,
            passes: 0,
            trial_interval,
            try_more: false,
        }
    }

    /// The most threads that it can use: the size of the team.
    pub(super) fn max_threads(&self) -> usize {
        self.team.count()
    }

    /// Runs a job on the number of members that is the fastest so far.
    pub(super) fn run(&mut self, job: &(dyn Fn(&Member<'_>) + Sync)) {
        self.team.run(self.fastest(), job);
    }

    /// Runs a pass of one token and records how long it took.
    pub(super) fn run_and_measure(&mut self, job: &(dyn Fn(&Member<'_>) + Sync)) {
        if self.pass_ms.len() == 1 {
            return self.team.run(1, job);
        }
        let count = self.next_count();
        let start = (self.clock_ms)();
        self.team.run(count, job);
        self.record(count, (self.clock_ms)() - start);
    }

    /// The number of members with the shortest time; all if nothing was measured.
    fn fastest(&self) -> usize {
        let measured =
            (1..).zip(&self.pass_ms).filter_map(|(count, ms)| Some((count, (*ms)?)));
        let fastest = measured.min_by(|a, b| a.1.total_cmp(&b.1));
        fastest.map_or(self.pass_ms.len(), |(count, _)| count)
    }

    /// The number of members of the next pass: first each number that was not tried
    /// yet, then the fastest, and now and then one more or one less.
    fn next_count(&mut self) -> usize {
        if let Some(untried) = self.pass_ms.iter().rposition(Option::is_none) {
            return untried + 1;
        }
        let fastest = self.fastest();
        self.passes += 1;
        if self.passes < self.trial_interval {
            return fastest;
        }
        self.passes = 0;
        self.trial_interval = (2 * self.trial_interval).min(*TRIAL_INTERVAL.end());
        self.try_more = !self.try_more;
        if self.try_more && fastest < self.pass_ms.len() || fastest == 1 {
            fastest + 1
        } else {
            fastest - 1
        }
    }

    /// Records a measurement.
    fn record(&mut self, count: usize, ms: f64) {
        let before = self.fastest();
        let pass_ms = &mut self.pass_ms[count - 1];
        *pass_ms = Some(match *pass_ms {
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

    /// The number of members that a tuner of four uses most, where passes take these
    /// times.
    fn most_used(tuner: &mut ThreadTuner, ms: [f64; 4]) -> usize {
        let mut uses = [0; 4];
        for _ in 0..2000 {
            let count = tuner.next_count();
            tuner.record(count, ms[count - 1]);
            uses[count - 1] += 1;
        }
        (1..).zip(uses).max_by_key(|(_, uses)| *uses).map_or(0, |(count, _)| count)
    }

    #[test]
    fn the_fastest_number_of_threads_is_found_and_found_again() {
        let team = Team::new(4, |body| std::thread::Builder::new().spawn(body).is_ok());
        let mut tuner = ThreadTuner::new(team, || 0.0);
        assert_eq!(most_used(&mut tuner, [4.0, 2.0, 1.5, 1.2]), 4);
        assert_eq!(most_used(&mut tuner, [4.0, 2.0, 3.0, 9.0]), 2);
        assert_eq!(most_used(&mut tuner, [1.0, 2.0, 3.0, 9.0]), 1);
        assert_eq!(most_used(&mut tuner, [4.0, 2.0, 1.5, 1.2]), 4);
    }

    #[test]
    fn one_thread_is_not_measured() {
        let clock = || unreachable!("there is nothing to choose from");
        let mut tuner = ThreadTuner::new(Team::alone(), clock);
        tuner.run_and_measure(&|member| assert_eq!(member.count, 1));
        assert_eq!(tuner.fastest(), 1);
    }
}
