//! The replicas of an engine, and which of them to ask.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use protocol::TokenId;

use crate::Address;

/// How long a replica is left alone after its first failure; twice as long after each further
/// one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A replica that has so many questions more than another is passed over, although it may have
/// read the text before.
const MOST_MORE: usize = 8;
/// Tokens by which texts of the same beginning go to the same replica.
const PREFIX: usize = 32;

/// One address of an engine.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) address: Address,
    /// Whether its tokens were seen to be those of here.
    proven: AtomicBool,
    /// Questions that it has not answered yet.
    open: AtomicUsize,
    health: Mutex<Health>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Health {
    failures: u32,
    until: Option<Instant>,
}

/// A question that a replica has not answered yet.
pub(crate) struct Open<'a>(&'a Replica);

impl Replica {
    pub(crate) fn new(address: Address) -> Replica {
        Replica {
            address,
            proven: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            health: Mutex::default(),
        }
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    pub(crate) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Counts a question until what is returned is dropped.
    pub(crate) fn open(&self) -> Open<'_> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    /// Notes an answer.
    pub(crate) fn answered(&self) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Health::default();
    }

    /// Notes that there was no answer, or none that can be used. It is proven anew then: what
    /// comes back may be another engine.
    pub(crate) fn failed(&self, now: Instant) {
        self.proven.store(false, Ordering::Relaxed);
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = FIRST_PAUSE.saturating_mul(1 << health.failures.min(10));
        health.failures += 1;
        health.until = Some(now + pause.min(LONGEST_PAUSE));
    }

    fn is_healthy(&self, now: Instant) -> bool {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.until.is_none_or(|until| until <= now)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Chooses a replica for a text: one that is healthy and was not tried, of these the one that
/// texts with the same beginning go to, unless it is much busier than another. `tried` are
/// indices. There is at least one replica.
pub(crate) fn choose(
    replicas: &[Replica],
    ids: &[TokenId],
    tried: &[usize],
    now: Instant,
) -> usize {
    let count = replicas.len();
    let first = home(ids, count);
    let order = (0..count).map(|step| (first + step) % count);
    let least = replicas.iter().map(|replica| replica.open.load(Ordering::Relaxed)).min();
    let least = least.unwrap_or(0);
    let cost = |index: usize| {
        let replica = &replicas[index];
        let tries = tried.iter().filter(|other| **other == index).count();
        let busy = replica.open.load(Ordering::Relaxed) > least + MOST_MORE;
        (tries, !replica.is_healthy(now), busy)
    };
    order.min_by_key(|index| cost(*index)).unwrap_or(0)
}

/// The replica that texts with a beginning go to (FNV-1a over its first tokens).
fn home(ids: &[TokenId], count: usize) -> usize {
    let bytes = ids.iter().take(PREFIX).flat_map(|id| id.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash % count.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas() -> Vec<Replica> {
        let address = |port: u32| format!("http://localhost:{port}").parse().unwrap();
        (1..4).map(|port| Replica::new(address(port))).collect()
    }

    #[test]
    fn a_text_stays_at_its_replica_until_that_fails_or_is_too_busy() {
        let (replicas, now) = (replicas(), Instant::now());
        let text: Vec<TokenId> = (0..100).collect();
        let home = choose(&replicas, &text, &[], now);
        assert_eq!(choose(&replicas, &text[..40], &[], now), home);
        let next = choose(&replicas, &text, &[home], now);
        assert_ne!(next, home);
        assert_ne!(choose(&replicas, &text, &[home, next], now), home);
        assert_eq!(choose(&replicas, &text, &[0, 1, 2], now), home, "all were tried");
        replicas[home].failed(now);
        assert_eq!(choose(&replicas, &text, &[], now), next);
        let later = now + FIRST_PAUSE;
        assert_eq!(choose(&replicas, &text, &[], later), home);
        let open: Vec<Open> = (0..=MOST_MORE).map(|_| replicas[home].open()).collect();
        assert_eq!(choose(&replicas, &text, &[], later), next);
        drop(open);
        assert_eq!(choose(&replicas, &text, &[], later), home);
    }

    #[test]
    fn pauses_grow_and_end_with_an_answer() {
        let replica = &replicas()[0];
        let mut now = Instant::now();
        for _ in 0..20 {
            replica.failed(now);
            assert!(!replica.is_healthy(now + FIRST_PAUSE - Duration::from_millis(1)));
            now += LONGEST_PAUSE;
            assert!(replica.is_healthy(now));
        }
        replica.failed(now);
        replica.answered();
        assert!(replica.is_healthy(now));
    }
}
