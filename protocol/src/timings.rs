//! What an answer cost in tokens and time.

use serde::{Deserialize, Serialize};

/// The cost of an answer. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Timings {
    /// Tokens of the sequence that were already in the key/value cache.
    pub cached_tokens: u32,
    /// Tokens that went through the model as prompt.
    pub prefill_tokens: u32,
    /// Time for those, in milliseconds.
    pub prefill_ms: f32,
    /// Tokens that went through the model one at a time, after being sampled.
    pub decode_tokens: u32,
    /// Time for those, in milliseconds.
    pub decode_ms: f32,
    /// Tokens that have gone through the model since it was loaded.
    pub forward_tokens: u64,
}
