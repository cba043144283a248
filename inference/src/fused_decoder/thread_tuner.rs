//! Chooses the number of threads by measuring, again and again. A machine may have fewer
//! cores than it reports, or other work for them, and then a team that waits for a thread
//! that does not run is slower than one thread alone.
//!
//! Passes of one token wait for memory, passes of many compute: what is best for the ones need
//! not be for the others, so passes of about the same number of tokens are measured together.

use kernels::{Member, Team};

use super::thread_choice::ThreadChoice;

/// A team, and what is known of its speed.
#[derive(Debug)]
pub(super) struct ThreadTuner {
    team: Team,
    clock_ms: fn() -> f64,
    /// For passes of 1, 2 to 3, 4 to 7, … tokens; those of more than the last are like it.
    choices: [ThreadChoice; SIZES],
}

/// Up to 128 tokens and more.
const SIZES: usize = 8;

impl ThreadTuner {
    pub(super) fn new(team: Team, clock_ms: fn() -> f64) -> ThreadTuner {
        let most = team.count();
        let choices = std::array::from_fn(|size| match size {
            0 => ThreadChoice::of_all(most),
            _ => ThreadChoice::beginning_with_most(most),
        });
        ThreadTuner { team, clock_ms, choices }
    }

    /// The most threads that it can use: the size of the team.
    pub(super) fn max_threads(&self) -> usize {
        self.team.count()
    }

    /// Runs a job that belongs to so many tokens on the number of members that is the fastest
    /// for passes of that size so far.
    pub(super) fn run(&mut self, tokens: usize, job: &(dyn Fn(&Member<'_>) + Sync)) {
        self.team.run(self.choices[size(tokens)].fastest(), job);
    }

    /// Runs a pass of so many tokens, and records how long it took.
    pub(super) fn run_and_measure(
        &mut self,
        tokens: usize,
        job: &(dyn Fn(&Member<'_>) + Sync),
    ) {
        if self.team.count() == 1 {
            return self.team.run(1, job);
        }
        let alone = self.choices[0].fastest();
        let choice = &mut self.choices[size(tokens)];
        let count = choice.next(alone);
        let start = (self.clock_ms)();
        self.team.run(count, job);
        choice.record(count, ((self.clock_ms)() - start) / tokens.max(1) as f64);
    }
}

/// Which passes are measured together: the index of those of so many tokens.
fn size(tokens: usize) -> usize {
    (tokens.max(1).ilog2() as usize).min(SIZES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(count: usize) -> Team {
        Team::new(count, |body| std::thread::Builder::new().spawn(body).is_ok())
    }

    #[test]
    fn one_thread_is_not_measured() {
        let clock = || unreachable!("there is nothing to choose from");
        let mut tuner = ThreadTuner::new(Team::alone(), clock);
        tuner.run_and_measure(1, &|member| assert_eq!(member.count, 1));
        tuner.run(1, &|member| assert_eq!(member.count, 1));
    }

    #[test]
    fn a_prompt_is_read_by_all_whatever_single_tokens_were_like() {
        let mut tuner = ThreadTuner::new(team(2), || 0.0);
        for _ in 0..4 {
            tuner.choices[0].record(2, 9.0);
            tuner.choices[0].record(1, 1.0);
        }
        tuner.run_and_measure(100, &|member| assert_eq!(member.count, 2));
        tuner.run(64, &|member| assert_eq!(member.count, 2));
        tuner.run(1, &|member| assert_eq!(member.count, 1));
    }

    #[test]
    fn passes_of_about_the_same_size_are_measured_together() {
        assert_eq!([1, 2, 3, 4, 7, 8, 127].map(size), [0, 1, 1, 2, 2, 3, 6]);
        assert_eq!([0, 128, 129, 5000].map(size), [0, 7, 7, 7]);
    }
}
