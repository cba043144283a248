//! The limits of downloads for clients of the hub, and who waits for them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// The limits of downloads for clients of the hub.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// The files that are downloaded at the same time, at most.
    pub active: usize,
    /// The files that may wait, at most; further ones are refused.
    pub waiting: usize,
    /// The bytes that are downloaded until the server ends, at most.
    pub bytes: u64,
    /// How long a download goes on without a client that waits for it: clients ask for a
    /// file part by part, with pauses.
    pub abandon_after: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        let abandon_after = Duration::from_secs(30);
        FetchLimits { active: 4, waiting: 64, bytes: 50_000_000_000, abandon_after }
    }
}

/// Why a file is not downloaded for a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFetched {
    /// Too many downloads run or wait.
    #[error("Too many files are being downloaded here. Try again in a minute.")]
    Busy,
    /// The server has downloaded as much as it may.
    #[error(
        "This server has downloaded as much as it may (--hub-fetch-gb). Whoever runs it can \
         let it download more."
    )]
    Quota,
    /// The server does not download for clients.
    #[error("The file is not here.")]
    NotHere,
}

/// The bytes that may still be downloaded. Clones share one count.
#[derive(Clone, Debug)]
pub(super) struct Quota(Arc<Mutex<u64>>);

impl Quota {
    pub(super) fn new(bytes: u64) -> Quota {
        Quota(Arc::new(Mutex::new(bytes)))
    }

    /// Takes some bytes, if that many are left.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match left.checked_sub(bytes) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }

    /// Gives back bytes that were taken and not used.
    pub(super) fn give_back(&self, bytes: u64) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(bytes);
    }
}

/// How many clients wait for a download. Clones share one count.
#[derive(Clone, Debug)]
pub(super) struct Waiters(watch::Sender<usize>);

/// One client that waits, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiter(watch::Sender<usize>);

impl Waiters {
    pub(super) fn new() -> Waiters {
        Waiters(watch::Sender::new(0))
    }

    /// Counts one more client.
    pub(super) fn join(&self) -> Waiter {
        self.0.send_modify(|count| *count += 1);
        Waiter(self.0.clone())
    }

    /// Waits until no client has waited for this long.
    pub(super) async fn all_gone_for(&self, abandon_after: Duration) {
        let mut count = self.0.subscribe();
        loop {
            // The sender is alive, so neither of these fails.
            let _ = count.wait_for(|count| *count == 0).await;
            let back = count.wait_for(|count| *count > 0);
            if tokio::time::timeout(abandon_after, back).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let quota = Quota::new(10);
        assert!(quota.take(6) && !quota.take(5) && !quota.take(u64::MAX));
        quota.give_back(2);
        assert!(quota.take(6) && !quota.take(1));
    }

    #[tokio::test]
    async fn a_crowd_is_gone_when_the_last_has_left_for_good() {
        let waiters = Waiters::new();
        let (first, second) = (waiters.join(), waiters.join());
        drop(first);
        let (a_moment, at_once) = (Duration::from_millis(50), Duration::from_millis(1));
        // One is left, so this can only end by its time.
        assert!(
            tokio::time::timeout(a_moment, waiters.all_gone_for(at_once)).await.is_err()
        );
        drop(second);
        // A client asks for the next part of a file after a pause.
        let hour = Duration::from_secs(3600);
        assert!(
            tokio::time::timeout(a_moment, waiters.all_gone_for(hour)).await.is_err()
        );
        waiters.all_gone_for(at_once).await;
    }
}
