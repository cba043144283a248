//! What came of the requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many failures are kept as texts.
const MOST_TOLD: usize = 20;

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

/// Where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// What was asked for was there.
    pub(super) answers: u64,
    /// Who asked left before the answer, or cancelled.
    pub(super) gone: u64,
    /// Refused, as too many were asking.
    pub(super) busy: u64,
    /// Faults that were made on purpose and taken as they should be.
    pub(super) faults: u64,
    /// What should not have been.
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

    /// Notes what should not have been.
    pub(super) fn failure(&self, what: impl Into<String>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < MOST_TOLD {
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
