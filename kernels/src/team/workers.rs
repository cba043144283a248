//! The threads of a team, and how they get a job.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::coordination::Coordination;
use super::job::{ErasedJob, Job};
use super::member::Member;

/// How often a thread looks for the next run before it goes to sleep: long enough for what
/// the caller does between the layers and the output head. WebAssembly has no instruction
/// that waits a little, so a look takes a nanosecond there, not 25.
const SPINS_BEFORE_SLEEP: u32 =
    if cfg!(target_arch = "wasm32") { 400_000 } else { 2_000 };

/// What the threads of a team and its owner share.
#[derive(Debug)]
pub(super) struct Workers {
    /// Members that have been started, the owner included.
    count: AtomicUsize,
    /// The job of the last run. It is called by members of the present run alone.
    job: Mutex<Option<ErasedJob>>,
    started: Condvar,
    /// Counts runs.
    run: AtomicU32,
    ended: AtomicBool,
    coordination: Coordination,
}

impl Workers {
    /// For up to so many members, of which the owner is there.
    pub(super) fn new(most: usize) -> Workers {
        Workers {
            count: AtomicUsize::new(1),
            job: Mutex::new(None),
            started: Condvar::new(),
            run: AtomicU32::new(0),
            ended: AtomicBool::new(false),
            coordination: Coordination::new(most),
        }
    }

    /// How many members there are.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// One more member was started.
    pub(super) fn add(&self) {
        self.count.fetch_add(1, Ordering::Release);
    }

    /// Runs a job on `count` members, the caller included, and returns when all are through
    /// with it. Only one thread may call this at a time, and not a member.
    ///
    /// # Panics
    /// If a member does, now or in an earlier run.
    pub(super) fn run(&self, count: usize, job: Job<'_>) {
        let member = Member::new(0, count, &self.coordination);
        if count == 1 {
            return job(&member);
        }
        assert!(!self.coordination.is_broken(), "a member of the team is gone");
        let erased = ErasedJob::new(job);
        {
            let mut slot = self.job.lock().unwrap_or_else(PoisonError::into_inner);
            *slot = Some(erased);
            self.coordination.begin_run(count);
            self.run.fetch_add(1, Ordering::Release);
        }
        self.started.notify_all();
        #[allow(unsafe_code, reason = "the job is alive")]
        // SAFETY: `job` is borrowed until this function returns.
        unsafe {
            self.take_part(&member, erased);
        }
        // Nothing above panics once members have the job, and here all have let go of it.
        self.coordination.wait_for_all();
        assert!(!self.coordination.is_broken(), "a member of the team is gone");
    }

    /// Has all threads end.
    pub(super) fn end(&self) {
        let slot = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        self.ended.store(true, Ordering::Release);
        self.run.fetch_add(1, Ordering::Release);
        drop(slot);
        self.started.notify_all();
    }

    /// What the thread of a member does until the team ends.
    pub(super) fn work(&self, index: usize) {
        let mut seen = 0;
        loop {
            self.wait_for_run(seen);
            if self.ended.load(Ordering::Acquire) {
                return;
            }
            let (run, count, job) = self.present_run();
            seen = run;
            let Some(job) = job.filter(|_| index < count) else { continue };
            let member = Member::new(index, count, &self.coordination);
            #[allow(unsafe_code, reason = "the job is alive")]
            // SAFETY: this is a member of the present run, for which `run` waits before it
            // returns, and until then the job is borrowed.
            unsafe {
                self.take_part(&member, job);
            }
            if self.coordination.is_broken() {
                return;
            }
        }
    }

    /// The number of the present run, its members and its job. A member of the present run
    /// is waited for, so it cannot see a later one here; a thread that is none may have
    /// missed some, and what it sees here may be over.
    fn present_run(&self) -> (u32, usize, Option<ErasedJob>) {
        let job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        (self.run.load(Ordering::Acquire), self.coordination.active(), *job)
    }

    fn wait_for_run(&self, seen: u32) {
        for _ in 0..SPINS_BEFORE_SLEEP {
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

    /// Runs a job as a member, and then says that it is through with it.
    ///
    /// # Safety
    /// The job must be alive until this member has said so.
    #[allow(unsafe_code, reason = "see `ErasedJob`")]
    unsafe fn take_part(&self, member: &Member<'_>, job: ErasedJob) {
        // SAFETY: as the caller says; and this member is through with it only below.
        let call = AssertUnwindSafe(|| unsafe { job.call(member) });
        let outcome = std::panic::catch_unwind(call);
        let panicked = outcome.is_err();
        // What a panic carries may panic when it is dropped, and the caller must wait for the
        // other members before it unwinds.
        std::mem::forget(outcome);
        self.coordination.finish(panicked);
    }
}
