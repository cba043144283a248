//! What the engine tells the page.

use serde::{Deserialize, Serialize};

use crate::{Distribution, Failure, ModelDescription, ScoredToken, StoredModels, Token};

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Long work goes on.
    Progress(Progress),
    /// Something that a person should know, while the work goes on.
    Notice {
        /// A sentence.
        message: String,
    },
    /// The models that are stored. Terminal.
    Models(StoredModels),
    /// The model can be used. Terminal.
    Ready(ModelDescription),
    /// The tokens of a text. Terminal.
    Tokenized {
        /// In order; their bytes join to the text.
        tokens: Vec<Token>,
    },
    /// A next-token distribution. Terminal.
    Distribution(Distribution),
    /// A text with what the model made of each token. Terminal.
    Scored {
        /// In order.
        tokens: Vec<ScoredToken>,
        /// What this answer cost.
        timings: Timings,
    },
    /// What the model sees of a chat: the rendered template.
    Prompt {
        /// In order.
        tokens: Vec<Token>,
    },
    /// One generated token: the `sampled` of the distribution it came from.
    Token(Distribution),
    /// A generation ended, or any request was cancelled. Terminal.
    Finished {
        /// Why.
        reason: FinishReason,
        /// What it cost.
        timings: Timings,
    },
    /// The request failed; nothing else has changed. Terminal.
    Failed(Failure),
}

impl Event {
    /// Whether this ends its request.
    pub fn is_terminal(&self) -> bool {
        !matches!(
            self,
            Event::Progress(_)
                | Event::Notice { .. }
                | Event::Prompt { .. }
                | Event::Token(_)
        )
    }
}

/// How far long work has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes (download), layers (load) or tokens (prefill) done.
    pub done: u64,
    /// The same, in all, where it is known.
    pub total: Option<u64>,
    /// The same per second, once known.
    pub per_second: Option<f32>,
}

/// A kind of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Fetching files; counted in bytes.
    Download,
    /// Placing weights in memory; counted in layers.
    Load,
    /// Reading the prompt; counted in tokens.
    Prefill,
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its text or turn; the ending token was the last `token` event.
    EndOfText,
    /// As many tokens as asked for.
    MaxTokens,
    /// The model's context is full.
    ContextFull,
    /// The page asked to stop.
    Cancelled,
}

/// The cost of an answer.
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
