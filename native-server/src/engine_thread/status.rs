//! The counters that the engine's thread publishes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::Stats;

/// The engine's counters, which its thread writes. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct EngineStatus {
    stats: Arc<Mutex<Stats>>,
    restarts: Arc<AtomicU64>,
}

impl EngineStatus {
    pub(super) fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_stats(&self, stats: Stats) {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }

    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    pub(super) fn count_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }
}

/// The state of an engine, with counters that include those of the engines before it, so
/// that they never go back.
pub(super) fn sum(before: &Stats, now: &Stats) -> Stats {
    Stats {
        evicted: before.evicted + now.evicted,
        forward_tokens: before.forward_tokens + now.forward_tokens,
        passes: before.passes + now.passes,
        generated_tokens: before.generated_tokens + now.generated_tokens,
        ..*now
    }
}
