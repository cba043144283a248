//! How many threads to use: measured, and measured again, not believed. A machine may
//! have fewer cores than it says, or other work for them, and then a team that waits for
//! a thread that does not run is slower than one thread alone.

use kernels::{Member, Team};

/// A team, and how fast passes of one token were by so many of its members.
#[derive(Debug)]
pub(super) struct ThreadTuner {
    team: Team,
    clock_ms: fn() -> f64,
    /// For 1, 2, … members: milliseconds of a pass, or none if it was not tried.
    fastest_ms: Vec<Option<f64>>,
    /// Passes of one token since another number of members was tried.
    passes: u32,
    /// After how many that is done again: twice as many each time that it was of no use.
    trial_interval: u32,
    /// Whether it is one more that is tried then, or one less.
    try_more: bool,
}

/// The least and the most passes between two tries.
const TRIAL_INTERVAL: std::ops::RangeInclusive<u32> = 32..=256;

/// What a new measurement counts for; a faster one counts at once, as what slows a pass
/// down comes from outside.
const NEW_SHARE: f64 = 0.25;

impl ThreadTuner {
    pub(super) fn new(team: Team, clock_ms: fn() -> f64) -> ThreadTuner {
        let fastest_ms = vec![None; team.count()];
        let trial_interval = *TRIAL_INTERVAL.start();
        ThreadTuner {
            team,
            clock_ms,
            fastest_ms,
            passes: 0,
            trial_interval,
            try_more: false,
        }
    }

    /// The most threads that it can use.
    pub(super) fn max_threads(&self) -> usize {
        self.team.count()
    }

    /// Runs a job by the number of members that is fastest, as far as is fastest_ms.
    pub(super) fn run(&mut self, job: &(dyn Fn(&Member<'_>) + Sync)) {
        self.team.run(self.fastest(), job);
    }

    /// As [`run`](Self::run), for passes of one token, which it learns from.
    pub(super) fn run_and_measure(&mut self, job: &(dyn Fn(&Member<'_>) + Sync)) {
        if self.fastest_ms.len() == 1 {
            return self.team.run(1, job);
        }
        let count = self.next();
        let start = (self.clock_ms)();
        self.team.run(count, job);
        self.record(count, (self.clock_ms)() - start);
    }

    fn fastest(&self) -> usize {
        let fastest_ms =
            (1..).zip(&self.fastest_ms).filter_map(|(count, ms)| Some((count, (*ms)?)));
        let fastest = fastest_ms.min_by(|a, b| a.1.total_cmp(&b.1));
        fastest.map_or(self.fastest_ms.len(), |(count, _)| count)
    }

    /// How many to take next: what was never tried, most of all; now and then a neighbour
    /// of the fastest.
    fn next(&mut self) -> usize {
        if let Some(untried) = self.fastest_ms.iter().rposition(Option::is_none) {
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
        if self.try_more && fastest < self.fastest_ms.len() || fastest == 1 {
            fastest + 1
        } else {
            fastest - 1
        }
    }

    fn record(&mut self, count: usize, ms: f64) {
        let before = self.fastest();
        let fastest_ms = &mut self.fastest_ms[count - 1];
        *fastest_ms = Some(match *fastest_ms {
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

    /// What a tuner of four does where a pass by so many members takes so many ms.
    fn takes(tuner: &mut ThreadTuner, ms: [f64; 4]) -> usize {
        let mut taken = [0; 4];
        for _ in 0..2000 {
            let count = tuner.next();
            tuner.record(count, ms[count - 1]);
            taken[count - 1] += 1;
        }
        (1..).zip(taken).max_by_key(|(_, taken)| *taken).map_or(0, |(count, _)| count)
    }

    #[test]
    fn the_fastest_number_of_threads_is_found_and_found_again() {
        let team = Team::new(4, |body| std::thread::Builder::new().spawn(body).is_ok());
        let mut tuner = ThreadTuner::new(team, || 0.0);
        assert_eq!(takes(&mut tuner, [4.0, 2.0, 1.5, 1.2]), 4);
        assert_eq!(takes(&mut tuner, [4.0, 2.0, 3.0, 9.0]), 2);
        assert_eq!(takes(&mut tuner, [1.0, 2.0, 3.0, 9.0]), 1);
        assert_eq!(takes(&mut tuner, [4.0, 2.0, 1.5, 1.2]), 4);
    }

    #[test]
    fn one_thread_is_not_measured() {
        let clock = || unreachable!("there is nothing to choose from");
        let mut tuner = ThreadTuner::new(Team::alone(), clock);
        tuner.run_and_measure(&|member| assert_eq!(member.count, 1));
        assert_eq!(tuner.fastest(), 1);
    }
}
