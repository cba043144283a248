//! How much an engine takes on.

use crate::session::CacheLimits;

/// The bounds of an [`Engine`](super::Engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests that are worked on side by side, 1 at least; one of a client at a time.
    pub active: usize,
    /// Sequences whose computations are kept for later, those that are worked on
    /// included.
    pub sequences: usize,
    /// Bytes of these, some of which may have to go for others.
    pub cache_bytes: u64,
    /// Requests that may wait.
    pub waiting: usize,
}

impl Default for Limits {
    /// For one person: one sequence, without a bound of its own.
    fn default() -> Limits {
        Limits { active: 1, sequences: 1, cache_bytes: u64::MAX, waiting: 256 }
    }
}

impl Limits {
    pub(super) fn cache(&self) -> CacheLimits {
        // Each request under way has one.
        let sequences = self.sequences.max(self.active).max(1);
        CacheLimits { sequences, bytes: self.cache_bytes }
    }
}

/// What an engine is doing and has done, for those who watch it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests that wait.
    pub waiting: usize,
    /// Requests that are worked on.
    pub active: usize,
    /// Sequences that are kept.
    pub sequences: usize,
    /// Bytes of these.
    pub cache_bytes: u64,
    /// Sequences that had to make room for others, since the model was loaded.
    pub evicted: u64,
    /// Tokens that have gone through the model since it was loaded.
    pub forward_tokens: u64,
    /// Passes over the weights since the engine began.
    pub passes: u64,
    /// Tokens that were generated since then.
    pub generated_tokens: u64,
}
