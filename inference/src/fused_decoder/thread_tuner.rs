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

/// Barriers that show whether all members run at once, and how long they may take: a hundred
/// times as long as they do where each has a core, yet less than one turn of a thread at a core.
const MEETINGS: usize = 8;
const LONGEST_MS: f64 = 2.0;
const ATTEMPTS: usize = 3;

/// Up to 128 tokens and more.
const SIZES: usize = 8;

impl ThreadTuner {
    pub(super) fn new(mut team: Team, clock_ms: fn() -> f64) -> ThreadTuner {
        let most = team.count();
        let begin =
            (2..=most).rev().find(|count| run_at_once(&mut team, *count, clock_ms));
        let begin = begin.unwrap_or(1);
        let choices = std::array::from_fn(|size| match size {
            0 => ThreadChoice::of_all(most, begin),
            _ => ThreadChoice::beginning_with(most, begin),
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
        let mut count = choice.next(alone);
        let fastest = choice.fastest();
        if count > fastest && !run_at_once(&mut self.team, count, self.clock_ms) {
            count = fastest;
        }
        let start = (self.clock_ms)();
        self.team.run(count, job);
        choice.record(count, ((self.clock_ms)() - start) / tokens.max(1) as f64);
    }
}

/// Whether so many members have a core each. If not, one that waits at a barrier keeps the core
/// that another needs to get there, which takes milliseconds instead of microseconds; and a pass
/// has hundreds of barriers. Browsers may report more cores than there are, and containers have a
/// part of them.
fn run_at_once(team: &mut Team, count: usize, clock_ms: fn() -> f64) -> bool {
    let meet = |member: &Member<'_>| (0..MEETINGS).for_each(|_| member.barrier());
    // The first time wakes threads and may compile.
    (0..ATTEMPTS).any(|_| {
        let start = clock_ms();
        team.run(count, &meet);
        clock_ms() - start <= LONGEST_MS
    })
}

/// Which passes are measured together: the index of those of so many tokens.
fn size(tokens: usize) -> usize {
    (tokens.max(1).ilog2() as usize).min(SIZES - 1)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// A clock by which threads meet slowly so many times.
    fn slow<const TIMES: u32>() -> f64 {
        thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });
        CALLS.set(CALLS.get() + 1);
        // Each is a look at the clock before and one after.
        f64::from(CALLS.get().min(2 * TIMES)) * 50.0
    }

    #[test]
    fn a_first_prompt_is_read_by_as_many_as_run_at_once() {
        // Four do not, and three do not, in three attempts each.
        let mut tuner = ThreadTuner::new(team(4), slow::<6>);
        for tokens in [100, 3, 1] {
            tuner.run_and_measure(tokens, &|member| assert_eq!(member.count, 2));
        }
    }

    #[test]
    fn more_threads_are_tried_soon_but_only_if_they_run_at_once() {
        let tried = |clock_ms| {
            let mut tuner = ThreadTuner { clock_ms, ..ThreadTuner::new(team(4), || 0.0) };
            tuner.choices = std::array::from_fn(|_| ThreadChoice::beginning_with(4, 2));
            let most = AtomicUsize::new(0);
            for _ in 0..4 {
                tuner.run_and_measure(100, &|member| {
                    most.fetch_max(member.count, Ordering::Relaxed);
                });
            }
            most.into_inner()
        };
        assert_eq!(tried(|| 0.0), 3);
        assert_eq!(tried(slow::<100>), 2);
    }

    #[test]
    fn passes_of_about_the_same_size_are_measured_together() {
        assert_eq!([1, 2, 3, 4, 7, 8, 127].map(size), [0, 1, 1, 2, 2, 3, 6]);
        assert_eq!([0, 128, 129, 5000].map(size), [0, 7, 7, 7]);
    }
}
