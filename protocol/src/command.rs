//! What the page can ask of the engine.

use serde::{Deserialize, Serialize};

use crate::template_variables::TemplateVariables;
use crate::{
    ComparedText, GrowSettings, HubModel, Inspection, ModelSource, Precision,
    SamplerSettings, SweptKnob, TokenId,
};

/// The sender chooses it, and every reply carries it. Unique among a connection's requests.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RequestId(pub u32);

/// A request for work. Text is a list of token ids: every inference command carries the
/// whole sequence, so it means the same whatever came before, in the worker and over the
/// network. The engine reuses what it has computed for the longest common prefix.
///
/// Every command but [`Command::Cancel`] is answered by any number of events and then
/// exactly one for which [`Event::is_terminal`](crate::Event::is_terminal) holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Replace the model. Answered by `progress` events, then `ready`.
    Load {
        /// Where the model's files are.
        source: ModelSource,
        /// The number format of the weights in memory.
        #[serde(default)]
        precision: Precision,
    },
    /// List the models that are stored. Answered by `models`.
    ListModels,
    /// List the GGUF files of a model of a hub. Answered by `files`.
    ListFiles {
        /// The model.
        model: HubModel,
    },
    /// Delete a stored model, also one that is stored in part. Answered by `models`, which
    /// no longer lists it.
    DeleteModel {
        /// The name that it was loaded by.
        name: String,
        /// The precision that its files were chosen for.
        #[serde(default)]
        precision: Precision,
    },
    /// Describe the model that is loaded. Answered by `ready`.
    Describe,
    /// Turn text into the ids of a prompt, with the model's own leading tokens.
    /// Special-token text in `text` stays text, unless the options say otherwise. Answered by
    /// `tokenized`.
    Tokenize {
        /// Any text.
        text: String,
        /// How to read it.
        #[serde(default)]
        options: TokenizeOptions,
    },
    /// Tell what the tokens of some ids are. Answered by `tokenized`.
    Detokenize {
        /// The ids.
        ids: Vec<TokenId>,
    },
    /// Render a conversation with the model's chat template into the tokens of a prompt,
    /// without reading them. Answered by `tokenized`.
    RenderChat {
        /// The whole conversation, the newest message last.
        messages: Vec<Message>,
        /// The last message is unfinished, and the prompt ends with it.
        #[serde(default)]
        continue_final_message: bool,
        /// Variables of the chat template, such as `enable_thinking`; those that it does not
        /// read do nothing. At most [`limits::MAX_TEMPLATE_BYTES`](crate::limits::MAX_TEMPLATE_BYTES), without special tokens.
        #[serde(default, skip_serializing_if = "TemplateVariables::is_empty")]
        template_variables: TemplateVariables,
    },
    /// Compute the distribution of the token that follows `ids`. Asking again with other
    /// settings for ids that the engine has just seen runs no forward pass.
    /// Answered by `distribution`.
    NextToken {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// The sampler.
        settings: SamplerSettings,
        /// How many of the most probable tokens to list, 1 to [`limits::MAX_CANDIDATES`](crate::limits::MAX_CANDIDATES).
        candidates: u32,
        /// Tokens to report on whatever their rank; at most [`limits::MAX_WATCHED`](crate::limits::MAX_WATCHED).
        #[serde(default)]
        watch: Vec<TokenId>,
    },
    /// Compute the distribution of the token that follows `ids` once more, by candle in f32
    /// from the same weights, and hold the engine's own against it. Takes about as long as
    /// reading the whole text with f32 weights. Answered by `progress` events, then
    /// `verified`.
    Verify {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// How many of the most probable tokens to list, 1 to [`limits::MAX_CANDIDATES`](crate::limits::MAX_CANDIDATES).
        candidates: u32,
    },
    /// Draw the token that follows `ids` many times, with the seeds that follow that of the
    /// settings, and count. For ids that the engine has just seen, no forward pass is run.
    /// Answered by `drawn`.
    Draw {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// The sampler.
        settings: SamplerSettings,
        /// How often to draw, 1 to [`limits::MAX_DRAWS`](crate::limits::MAX_DRAWS).
        draws: u32,
        /// How many of the tokens with the highest `q` to list, 1 to [`limits::MAX_CANDIDATES`](crate::limits::MAX_CANDIDATES).
        candidates: u32,
    },
    /// Compute `q` of the token that follows `ids` for several values of one knob of the
    /// sampler. For ids that the engine has just seen, no forward pass is run. Answered by
    /// `swept`.
    Sweep {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// The sampler; the swept knob takes the values instead.
        settings: SamplerSettings,
        /// Which knob.
        knob: SweptKnob,
        /// Its values, 1 to [`limits::MAX_SWEEP_VALUES`](crate::limits::MAX_SWEEP_VALUES) of them.
        values: Vec<f32>,
        /// How many of the most probable tokens to list, 1 to [`limits::MAX_CANDIDATES`](crate::limits::MAX_CANDIDATES).
        candidates: u32,
    },
    /// Look up texts as continuations of `ids`: their tokens, each with its numbers in the
    /// distribution that it would come from. Each is read as it stands and with a space before
    /// it; one with the name of a special token in it, also as that token. First tokens cost
    /// no forward pass for ids that the engine has just seen, and further tokens of all texts
    /// go through the model together. Answered by `word` events, one for each form when its
    /// first token is known and one when all are, then `looked_up`.
    LookUp {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// At most [`limits::MAX_LOOKED_UP`](crate::limits::MAX_LOOKED_UP) texts, each of at
        /// most [`limits::MAX_WORD_TOKENS`](crate::limits::MAX_WORD_TOKENS) tokens.
        texts: Vec<String>,
        /// The sampler.
        settings: SamplerSettings,
    },
    /// Grow a tree of continuations of `ids`. Several paths go through the model together.
    /// Answered by `nodes` events, then `grown`.
    Grow {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// How it grows, and how far.
        growth: GrowSettings,
    },
    /// Hold the next-token distributions of two texts or samplers against each other. The
    /// second text is kept apart from the first, so that adding a token to both costs a
    /// forward pass for these two tokens. Answered by `compared`.
    Compare {
        /// One side.
        first: Box<ComparedText>,
        /// The other side.
        second: Box<ComparedText>,
        /// How many of the most probable tokens of each to list, 1 to [`limits::MAX_CANDIDATES`](crate::limits::MAX_CANDIDATES).
        candidates: u32,
    },
    /// Tell ln p of every token of the vocabulary after `ids`. Answered by
    /// `log_probabilities`.
    LogProbabilities {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
    },
    /// Compute the probability, rank, surprisal and entropy of every token of `ids`, and what
    /// the model expected in its place. Answered by `scored`.
    Score {
        /// The whole sequence; at least one id.
        ids: Vec<TokenId>,
    },
    /// Find out how the prediction of the token that follows `ids` came about. Answered by
    /// `finding` events as they are found, then `inspected`.
    Inspect {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// What is asked.
        question: Inspection,
    },
    /// Append sampled tokens until a stop reason. Answered by one `token` event for each of
    /// them, then `finished`.
    Generate {
        /// The whole sequence so far; at least one id.
        ids: Vec<TokenId>,
        /// The sampler.
        settings: SamplerSettings,
        /// At most this many new tokens.
        max_new_tokens: u32,
        /// How many candidates each token's distribution lists.
        candidates: u32,
    },
    /// Render `messages` with the model's chat template and generate the reply.
    /// Answered by `prompt` (what the model sees), then as `generate`.
    Chat {
        /// The whole conversation, the newest message last.
        messages: Vec<Message>,
        /// The last message is unfinished, such as the beginning of the reply, and the model
        /// goes on with it.
        #[serde(default)]
        continue_final_message: bool,
        /// Variables of the chat template, such as `enable_thinking`; those that it does not
        /// read do nothing. At most [`limits::MAX_TEMPLATE_BYTES`](crate::limits::MAX_TEMPLATE_BYTES), without special tokens.
        #[serde(default, skip_serializing_if = "TemplateVariables::is_empty")]
        template_variables: TemplateVariables,
        /// The sampler.
        settings: SamplerSettings,
        /// At most this many new tokens.
        max_new_tokens: u32,
        /// How many candidates each token's distribution lists.
        candidates: u32,
    },
    /// Stop another request; that one ends with `finished` and the reason `cancelled`.
    /// Has no reply of its own. A request that has ended is left alone.
    Cancel {
        /// The request to stop.
        request: RequestId,
    },
}

/// How a text is turned into tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct TokenizeOptions {
    /// Read the names of special tokens as these tokens. Only for text whose author means
    /// them.
    pub special_tokens: bool,
    /// The text continues another: without the model's leading tokens, and without the space
    /// that some models put before a text.
    pub continuation: bool,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; special-token text in it stays text.
    pub content: String,
}

/// Who speaks in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions that precede the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}
