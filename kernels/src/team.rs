//! Threads that work on one thing together.
//!
//! A pass through a model has some hundred steps of ten to a hundred microseconds. Waking
//! a thread takes as long as a step, so the members stay together through a whole pass
//! and meet at barriers, where they spin; between passes they sleep.

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// How often a member looks for the others at a barrier before it lets another thread of
/// the machine go first: some 50 µs, more than a step takes if all members have a core.
const SPINS: u32 = 2_000;

/// How often a member looks for the next pass before it goes to sleep: long enough for
/// what the caller does between the layers and the output head. WebAssembly has no
/// instruction that waits a little, so a look takes a nanosecond there, not 25.
const IDLE_SPINS: u32 = if cfg!(target_arch = "wasm32") { 400_000 } else { 2_000 };

/// Pieces of each member's share of the work: what the last one takes alone is a part of a
/// share as small as that, and taking one costs some ten nanoseconds.
const PIECES: usize = 6;

/// Some threads, of which the one that calls [`run`](Team::run) is a member.
#[derive(Debug)]
pub struct Team {
    shared: Arc<Shared>,
}

/// One thread's part in a run.
#[derive(Debug)]
pub struct Member<'a> {
    /// From 0 to `count` − 1.
    pub index: usize,
    /// How many members there are.
    pub count: usize,
    shared: &'a Shared,
}

/// What a team runs: called once by each member.
type Job<'a> = &'a (dyn Fn(&Member<'_>) + Sync);

#[derive(Debug)]
struct Shared {
    /// Members that have been started.
    count: AtomicUsize,
    /// Those that take part in the present run.
    active: AtomicUsize,
    /// The job of the present run; only looked at while there is one.
    job: Mutex<Option<Erased>>,
    started: Condvar,
    /// Counts runs.
    run: AtomicU32,
    /// Members that wait at the barrier.
    waiting: AtomicUsize,
    /// Counts how often all members have met.
    met: AtomicU32,
    /// For each member, the next piece of its share of the work between two barriers.
    next_pieces: Box<[Counter]>,
    /// Members that are through with the present run.
    done: AtomicUsize,
    /// A member panicked: the others must not wait for it.
    broken: AtomicBool,
    ended: AtomicBool,
}

/// A counter in a cache line of its own, as mostly one member takes from it.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicUsize);

/// A job whose lifetime is not known to the compiler: `run` outlives its use.
#[derive(Clone, Copy)]
struct Erased(*const (dyn Fn(&Member<'_>) + Sync));

#[allow(unsafe_code, reason = "the job is Sync, and alive while it is used")]
// SAFETY: it points to something Sync, which `run` keeps alive until all have met.
unsafe impl Send for Erased {}

impl std::fmt::Debug for Erased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Team {
    /// A team of up to `count` threads, the caller's included. `start` must run each body
    /// that it is given on a thread of its own, or say that it cannot by `false`, and then
    /// the team is smaller. A body ends when the team is dropped.
    pub fn new(
        count: usize,
        mut start: impl FnMut(Box<dyn FnOnce() + Send>) -> bool,
    ) -> Team {
        let shared = Arc::new(Shared {
            count: AtomicUsize::new(1),
            active: AtomicUsize::new(1),
            job: Mutex::new(None),
            started: Condvar::new(),
            run: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
            met: AtomicU32::new(0),
            next_pieces: (0..count.max(1)).map(|_| Counter::default()).collect(),
            done: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        for index in 1..count {
            let body = Arc::clone(&shared);
            if !start(Box::new(move || body.work(index))) {
                break;
            }
            shared.count.store(index + 1, Ordering::Release);
        }
        Team { shared }
    }

    /// The caller alone.
    pub fn alone() -> Team {
        Team::new(1, |_| false)
    }

    /// How many threads there are.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// Has `count` members call `job`, or all if there are fewer, and returns when they
    /// have.
    ///
    /// # Panics
    /// If a member does; the team is of no use after that.
    pub fn run(&mut self, count: usize, job: Job<'_>) {
        let shared = &*self.shared;
        let count = count.clamp(1, self.count());
        let member = Member { index: 0, count, shared };
        if member.count == 1 {
            return job(&member);
        }
        assert!(!shared.broken.load(Ordering::Acquire), "a member of the team is gone");
        let job: *const (dyn Fn(&Member<'_>) + Sync) = job;
        #[allow(unsafe_code, reason = "the job outlives its use")]
        // SAFETY: only the lifetime changes, and this function does not return before
        // every member is done with the job, also if one panics.
        let erased: *const (dyn Fn(&Member<'_>) + Sync + 'static) =
            unsafe { std::mem::transmute(job) };
        {
            let mut slot = shared.job.lock().unwrap_or_else(PoisonError::into_inner);
            *slot = Some(Erased(erased));
            shared.active.store(count, Ordering::Relaxed);
            shared.share_out_anew();
            shared.run.fetch_add(1, Ordering::Release);
        }
        shared.started.notify_all();
        shared.take_part(&member, Erased(erased));
        spin_until(|| shared.done.load(Ordering::Acquire) == member.count);
        shared.done.store(0, Ordering::Relaxed);
        assert!(!shared.broken.load(Ordering::Acquire), "a member of the team is gone");
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        let slot = self.shared.job.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.ended.store(true, Ordering::Release);
        self.shared.run.fetch_add(1, Ordering::Release);
        drop(slot);
        self.shared.started.notify_all();
    }
}

impl Shared {
    /// A member's life.
    fn work(&self, index: usize) {
        let mut seen = 0;
        loop {
            self.wait_for_run(seen);
            if self.ended.load(Ordering::Acquire) {
                return;
            }
            let (run, count, job) = self.present_run();
            seen = run;
            let Some(job) = job.filter(|_| index < count) else { continue };
            self.take_part(&Member { index, count, shared: self }, job);
            if self.broken.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// The number of the present run, its members and its job. A member that takes part
    /// is waited for, so this cannot be a later run than the one that it saw; one that
    /// does not may have missed some.
    fn present_run(&self) -> (u32, usize, Option<Erased>) {
        let job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        (self.run.load(Ordering::Acquire), self.active.load(Ordering::Relaxed), *job)
    }

    fn wait_for_run(&self, seen: u32) {
        for _ in 0..IDLE_SPINS {
            if self.run.load(Ordering::Acquire) != seen {
                return;
            }
            std::hint::spin_loop();
        }
        let mut slot = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        while self.run.load(Ordering::Acquire) == seen {
            slot = self.started.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs a job as a member.
    fn take_part(&self, member: &Member<'_>, job: Erased) {
        #[allow(unsafe_code, reason = "the job is alive")]
        // SAFETY: `Team::run` keeps the job until all members are done.
        let job = unsafe { &*job.0 };
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| job(member)));
        if outcome.is_err() {
            self.broken.store(true, Ordering::Release);
        }
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    /// To be called while nobody takes pieces.
    fn share_out_anew(&self) {
        for next in &self.next_pieces {
            next.0.store(0, Ordering::Relaxed);
        }
    }

    /// Waits until all members are here.
    fn meet(&self) {
        let met = self.met.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1
            == self.active.load(Ordering::Relaxed)
        {
            self.waiting.store(0, Ordering::Relaxed);
            // Nobody takes pieces now: all are here.
            self.share_out_anew();
            self.met.fetch_add(1, Ordering::Release);
            return;
        }
        spin_until(|| {
            assert!(!self.broken.load(Ordering::Relaxed), "a member of the team is gone");
            self.met.load(Ordering::Acquire) != met
        });
    }
}

fn spin_until(mut condition: impl FnMut() -> bool) {
    let mut spins = 0;
    while !condition() {
        spins += 1;
        if spins < SPINS {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

impl Member<'_> {
    /// Waits until all members are here. What any of them wrote before is then seen by all.
    ///
    /// # Panics
    /// If another member did.
    pub fn barrier(&self) {
        if self.count > 1 {
            self.shared.meet();
        }
    }

    /// Has the members do `work` for all of `0..length`. Each goes through its share by
    /// pieces, one after the other, so that processors see what they will read next; then
    /// it takes pieces of the others, whose cores may be slower, or have other work. To be
    /// called by all members, at most once between two barriers.
    pub fn pieces(&self, length: usize, mut work: impl FnMut(Range<usize>)) {
        if self.count == 1 {
            return work(0..length);
        }
        for distance in 0..self.count {
            let owner = (self.index + distance) % self.count;
            let Range { start, end } = share(0..length, owner, self.count);
            let pieces = PIECES.min(end - start);
            let next = &self.shared.next_pieces[owner].0;
            loop {
                let piece = next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces {
                    break;
                }
                work(share(start..end, piece, pieces));
            }
        }
    }

    /// This member's part of `0..length`.
    pub fn share(&self, length: usize) -> Range<usize> {
        share(0..length, self.index, self.count)
    }
}

/// One of `count` parts of a range, which are as even as can be.
fn share(range: Range<usize>, index: usize, count: usize) -> Range<usize> {
    let length = range.len();
    range.start + length * index / count..range.start + length * (index + 1) / count
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    fn of(count: usize) -> Team {
        Team::new(count, |body| std::thread::Builder::new().spawn(body).is_ok())
    }

    #[test]
    fn shares_cover_everything_once() {
        for count in 1..6 {
            let seen: Vec<AtomicU32> = (0..17).map(|_| AtomicU32::new(0)).collect();
            of(count).run(count, &|member| {
                for index in member.share(17) {
                    seen[index].fetch_add(1, Ordering::Relaxed);
                }
            });
            assert!(seen.iter().all(|seen| seen.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn pieces_cover_everything_once_between_two_barriers() {
        for (count, length) in [(1, 17), (2, 17), (3, 2), (4, 1000), (2, 0)] {
            let seen: Vec<AtomicU32> = (0..length).map(|_| AtomicU32::new(0)).collect();
            let mut team = of(count);
            for _ in 0..2 {
                team.run(count, &|member| {
                    for _ in 0..3 {
                        member.pieces(length, |piece| {
                            for index in piece {
                                seen[index].fetch_add(1, Ordering::Relaxed);
                            }
                        });
                        member.barrier();
                    }
                });
            }
            assert!(seen.iter().all(|seen| seen.load(Ordering::Relaxed) == 6));
        }
    }

    #[test]
    fn a_member_that_is_slow_is_helped() {
        let done: Vec<AtomicU32> = (0..2).map(|_| AtomicU32::new(0)).collect();
        of(2).run(2, &|member| {
            member.pieces(12, |piece| {
                if member.index == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(300));
                }
                done[member.index].fetch_add(piece.len() as u32, Ordering::Relaxed);
            });
        });
        assert!(done[0].load(Ordering::Relaxed) < done[1].load(Ordering::Relaxed));
    }

    #[test]
    fn what_was_written_before_a_barrier_is_read_after_it() {
        let mut team = of(3);
        let cells: Vec<AtomicU64> = (0..3).map(|_| AtomicU64::new(0)).collect();
        for run in 1..20 {
            team.run(3, &|member| {
                for round in 0..50 {
                    let value = run * 1000 + round;
                    cells[member.index].store(value, Ordering::Relaxed);
                    member.barrier();
                    let next = &cells[(member.index + 1) % member.count];
                    assert_eq!(next.load(Ordering::Relaxed), value);
                    member.barrier();
                }
            });
        }
    }

    #[test]
    fn a_panic_of_one_member_reaches_the_caller_and_hangs_no_one() {
        for culprit in 0..3 {
            let mut team = of(3);
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                team.run(3, &|member| {
                    assert!(member.index != culprit, "on purpose");
                    member.barrier();
                });
            }));
            assert!(outcome.is_err());
        }
    }

    #[test]
    fn a_run_may_take_fewer_members() {
        let mut team = of(4);
        for count in [4, 1, 2, 3, 9, 1, 4, 2] {
            let seen = AtomicU32::new(0);
            team.run(count, &|member| {
                assert_eq!(member.count, count.min(4));
                member.barrier();
                seen.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(seen.load(Ordering::Relaxed) as usize, count.min(4));
        }
    }

    #[test]
    fn members_that_have_slept_wake_up() {
        let mut team = of(2);
        for _ in 0..3 {
            let count = AtomicU32::new(0);
            team.run(2, &|_| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(count.load(Ordering::Relaxed), 2);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
