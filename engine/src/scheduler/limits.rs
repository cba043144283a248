//! The limits and the statistics of an engine.

use crate::session::CacheLimits;

/// The limits of an [`Engine`](super::Engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most requests that are processed concurrently, at least 1; at most one per
    /// client.
    pub active: usize,
    /// The most cached sequences, active ones included; `active` if that is more.
    pub sequences: usize,
    /// The most bytes of cached sequences; idle ones are evicted beyond it.
    pub cache_bytes: u64,
    /// The most requests that may wait.
    pub waiting: usize,
}

impl Default for Limits {
    /// Limits for one person: one sequence of any size.
    fn default() -> Limits {
        Limits { active: 1, sequences: 1, cache_bytes: u64::MAX, waiting: 256 }
    }
}

impl Limits {
    /// The limits of the session's cache.
    pub(super) fn cache(&self) -> CacheLimits {
        // Each active request needs a sequence.
        let sequences = self.sequences.max(self.active).max(1);
        CacheLimits { sequences, bytes: self.cache_bytes }
    }
}

/// What an engine is doing and has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Waiting requests.
    pub waiting: usize,
    /// Requests that are being processed.
    pub active: usize,
    /// Cached sequences.
    pub sequences: usize,
    /// Bytes of keys, values and hidden states of cached sequences.
    pub cache_bytes: u64,
    /// Sequences that were evicted since the model was loaded.
    pub evicted: u64,
    /// Tokens that have gone through the model since it was loaded.
    pub forward_tokens: u64,
    /// Passes over the weights since the engine was created.
    pub passes: u64,
    /// Tokens that were generated since the engine was created.
    pub generated_tokens: u64,
}
