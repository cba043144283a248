//! What the engine answers.

use serde::{Deserialize, Serialize};

use crate::{
    Distribution, Draws, Failure, Finding, GrownNode, Growth, HubFiles, LogProbabilities,
    ModelDescription, PromptDevice, ScoredToken, StoredModels, Sweep, TextComparison,
    Timings, Token, Verification, Word, Words,
};

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// How far long work has come.
    Progress(Progress),
    /// Something that a person should know. The work goes on.
    Notice {
        /// A sentence.
        message: String,
    },
    /// What reads prompts from now on: it is another device than before.
    PromptsReadBy {
        /// The device.
        device: PromptDevice,
    },
    /// The models that are stored. Terminal.
    Models(StoredModels),
    /// The GGUF files of a model of a hub. Terminal.
    Files(HubFiles),
    /// The model can be used. Terminal.
    Ready(ModelDescription),
    /// The tokens of a text. Terminal.
    Tokenized {
        /// In order; their bytes join to the text.
        tokens: Vec<Token>,
    },
    /// A next-token distribution. Terminal.
    Distribution(Distribution),
    /// A distribution, held against a second computation of it. Terminal.
    Verified(Box<Verification>),
    /// How often each token was drawn. Terminal.
    Drawn(Box<Draws>),
    /// `q` for several values of a knob. Terminal.
    Swept(Box<Sweep>),
    /// What is known of a word that was looked up. A later event of the same text and form
    /// replaces it.
    Word(Word),
    /// All words that were looked up. Terminal.
    LookedUp(Words),
    /// Some more nodes of a tree of continuations, parents before their children.
    Nodes {
        /// In the order of their numbers.
        nodes: Vec<GrownNode>,
    },
    /// A tree of continuations has grown. Terminal.
    Grown(Growth),
    /// Two distributions, held against each other. Terminal.
    Compared(Box<TextComparison>),
    /// A whole distribution. Terminal.
    LogProbabilities(LogProbabilities),
    /// The tokens of a text with their scores. Terminal.
    Scored {
        /// In order.
        tokens: Vec<ScoredToken>,
        /// What this answer cost.
        timings: Timings,
    },
    /// Something about how a prediction came about.
    Finding(Finding),
    /// Everything that was asked about a prediction was found. Terminal.
    Inspected {
        /// What this answer cost.
        timings: Timings,
    },
    /// The prompt of a chat: its messages, rendered by the model's template.
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
                | Event::PromptsReadBy { .. }
                | Event::Finding(_)
                | Event::Prompt { .. }
                | Event::Token(_)
                | Event::Word(_)
                | Event::Nodes { .. }
        )
    }
}

/// How far long work has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes (download), layers (load), tokens (prefill) or tokens of each layer (verify)
    /// done.
    pub done: u64,
    /// How many of these there are in all; none where that is unknown.
    pub total: Option<u64>,
    /// How many of these are done per second; none before it is known.
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
    /// Computing once more; counted in tokens that went through a layer.
    Verify,
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its text or turn; the ending token was the last `token` event. Or the
    /// text is an allowed one behind which nothing can follow.
    EndOfText,
    /// The request's limit of new tokens was reached.
    MaxTokens,
    /// The model's context is full.
    ContextFull,
    /// The request was cancelled.
    Cancelled,
}
