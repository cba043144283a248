//! How much this server downloads for those who ask its hub.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Bounds of the downloads for others.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Files that are downloaded at once.
    pub active: usize,
    /// Files that may wait for that; more are refused.
    pub waiting: usize,
    /// Bytes that are downloaded until the server ends.
    pub bytes: u64,
    /// A download ends when nobody has waited for it for so long. Clients ask for a file
    /// part by part, with pauses.
    pub patience: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        let patience = Duration::from_secs(30);
        FetchLimits { active: 4, waiting: 64, bytes: 50_000_000_000, patience }
    }
}

/// Why a file is not downloaded for those who ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFetched {
    /// Too many are on their way.
    #[error("Too many files are being downloaded here. Try again in a minute.")]
    Busy,
    /// There would be too much on the disk.
    #[error(
        "This server has downloaded as much as it may (--hub-fetch-gb). Whoever runs it can \
         let it download more."
    )]
    Quota,
    /// It fetches nothing.
    #[error("The file is not here.")]
    NotHere,
}

/// Bytes that may still be downloaded; copies are the same.
#[derive(Clone, Debug)]
pub(super) struct Quota(Arc<Mutex<u64>>);

impl Quota {
    pub(super) fn new(bytes: u64) -> Quota {
        Quota(Arc::new(Mutex::new(bytes)))
    }

    /// Takes so many bytes, if there are so many.
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

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self, bytes: u64) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(bytes);
    }
}

/// How many wait for something.
#[derive(Clone, Debug)]
pub(super) struct Crowd(watch::Sender<usize>);

/// One who waits; leaves when it is dropped.
#[derive(Debug)]
pub(super) struct Waiting(watch::Sender<usize>);

impl Crowd {
    pub(super) fn new() -> Crowd {
        Crowd(watch::Sender::new(0))
    }

    /// One more waits.
    pub(super) fn join(&self) -> Waiting {
        self.0.send_modify(|count| *count += 1);
        Waiting(self.0.clone())
    }

    /// Ends when nobody has waited for so long.
    pub(super) async fn gone(&self, patience: Duration) {
        let mut count = self.0.subscribe();
        loop {
            // The sender is held here, so that neither of these fails.
            let _ = count.wait_for(|count| *count == 0).await;
            let back = count.wait_for(|count| *count > 0);
            if tokio::time::timeout(patience, back).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Waiting {
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
        let crowd = Crowd::new();
        let (first, second) = (crowd.join(), crowd.join());
        drop(first);
        let (a_moment, at_once) = (Duration::from_millis(50), Duration::from_millis(1));
        // One is left, so this can only end by its time.
        assert!(tokio::time::timeout(a_moment, crowd.gone(at_once)).await.is_err());
        drop(second);
        // A client asks for the next part of a file after a pause.
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(a_moment, crowd.gone(hour)).await.is_err());
        crowd.gone(at_once).await;
    }
}
