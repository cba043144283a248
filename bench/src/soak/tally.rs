//! Counts of what became of requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Failures that are kept as texts.
const MAX_FAILURE_TEXTS: usize = 20;

/// Counts of all clients.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answers: AtomicU64,
    gone: AtomicU64,
    busy: AtomicU64,
    faults: AtomicU64,
    failed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

/// The counts at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// Requests that were answered.
    pub(super) answers: u64,
    /// Requests whose client left before the answer, or cancelled.
    pub(super) gone: u64,
    /// Requests that were refused as the server was busy.
    pub(super) busy: u64,
    /// Faults that the server handled as it should.
    pub(super) faults: u64,
    /// Requests that went wrong.
    pub(super) failures: u64,
}

impl Tally {
    pub(super) fn answer(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gone(&self) {
        self.gone.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a request that went wrong.
    pub(super) fn failure(&self, what: impl Into<String>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < MAX_FAILURE_TEXTS {
            failures.push(what.into());
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            answers: self.answers.load(Ordering::Relaxed),
            gone: self.gone.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
            faults: self.faults.load(Ordering::Relaxed),
            failures: self.failed.load(Ordering::Relaxed),
        }
    }

    pub(super) fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
