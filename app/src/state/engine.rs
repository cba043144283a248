//! The way to the model: which backend, how far its start has come, what it runs.

use protocol::{ModelDescription, ModelSource, Precision, Progress, Timings};
use serde::{Deserialize, Serialize};

/// Where the model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BackendKind {
    /// In a Web Worker of this page.
    #[default]
    Worker,
    /// In the native server.
    Native,
}

/// The connection to the engine.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) backend: BackendKind,
    /// The server's address; empty for the page's own.
    pub(crate) native_address: String,
    /// Whether the page's own server answers; none before it is known.
    pub(crate) native_here: Option<bool>,
    /// Whether the field for the address is shown.
    pub(crate) address_wanted: bool,
    /// What the worker is to load.
    pub(crate) source: ModelSource,
    pub(crate) precision: Precision,
    /// The connection waits for the list of models on offer, which says where a model's
    /// files are.
    pub(crate) awaits_catalogue: bool,
    /// The page is isolated from other sites, so its worker may have threads.
    pub(crate) isolated: bool,
    /// The site's files were asked to be kept for visits without a network.
    pub(crate) site_kept: bool,
    /// Which connection is the current one: others' messages are late.
    pub(crate) generation: u32,
    pub(crate) phase: Phase,
    pub(crate) model: Option<ModelDescription>,
    /// How often the connection broke without having held for a while.
    pub(crate) deaths: u32,
    /// How far long work has come, if any is under way.
    pub(crate) progress: Option<Progress>,
    /// What the last answer cost.
    pub(crate) last_step: Option<Step>,
    /// Tokens that have gone through the model since it was loaded.
    pub(crate) forward_tokens: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            backend: BackendKind::Worker,
            native_address: String::new(),
            native_here: None,
            address_wanted: false,
            source: ModelSource::Demo,
            precision: Precision::Auto,
            awaits_catalogue: false,
            isolated: false,
            site_kept: false,
            generation: 0,
            phase: Phase::Connecting,
            model: None,
            deaths: 0,
            progress: None,
            last_step: None,
            forward_tokens: 0,
        }
    }
}

/// How far the start has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No one listens yet.
    Connecting,
    /// The model is being loaded.
    Loading,
    /// The model answers.
    Ready,
    /// It cannot be used until the person does something.
    Failed,
}

/// What an answer cost, as it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Tokens were read as prompt.
    Prefill { tokens: u32, ms: f32 },
    /// Tokens were read one at a time.
    Decode { tokens: u32, ms: f32 },
    /// Everything was in the cache.
    Cached,
}

impl Step {
    /// The step that timings tell of. One token after a text that was read already is a
    /// step of decoding, whoever chose the token.
    pub(crate) fn of(timings: &Timings) -> Step {
        let Timings { prefill_tokens, prefill_ms, decode_tokens, decode_ms, .. } =
            *timings;
        if decode_tokens > 0 {
            Step::Decode { tokens: decode_tokens, ms: decode_ms }
        } else if prefill_tokens == 1 && timings.cached_tokens > 0 {
            Step::Decode { tokens: 1, ms: prefill_ms }
        } else if prefill_tokens > 0 {
            Step::Prefill { tokens: prefill_tokens, ms: prefill_ms }
        } else {
            Step::Cached
        }
    }
}

impl Engine {
    /// Whether requests can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}
