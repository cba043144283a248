//! Which model, and what is known about it.

use serde::{Deserialize, Serialize};

use crate::TokenId;

/// Where a model's files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ModelSource {
    /// The model that ships with the site.
    Demo,
    /// A `.gguf` file's address, or that of a folder with `config.json`,
    /// `tokenizer.json` and `model.safetensors` or `model.gguf`. Relative addresses are
    /// relative to the page.
    Address {
        /// The address.
        url: String,
    },
}

/// The number format of the weights in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Quantised files stay as they are; others become 8-bit on a CPU, f16 on a GPU.
    #[default]
    Auto,
    /// 32-bit floating point.
    F32,
    /// Blocks of 32 8-bit integers with one scale (ggml's Q8_0).
    Q8,
    /// Blocks of 32 4-bit integers with one scale (ggml's Q4_0).
    Q4,
}

/// The model that is loaded and how it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDescription {
    /// A name for people.
    pub name: String,
    /// The architecture's name in its configuration, such as `llama`.
    pub architecture: String,
    /// How many weights it has.
    pub parameters: u64,
    /// The format of its matrices in memory: `F32`, `Q8_0`, or a mix such as
    /// `Q4_0 + Q8_0`.
    pub precision: String,
    /// Bytes of weights in memory.
    pub weight_bytes: u64,
    /// The longest sequence it can take, in tokens.
    pub context_length: u32,
    /// Tokens in its vocabulary.
    pub vocab_size: u32,
    /// Where it runs: `CPU`, `WebAssembly`, …
    pub device: String,
    /// How many threads it uses.
    pub threads: u32,
    /// Whether it has a chat template; a base model has none.
    pub chat: bool,
    /// The tokens that end a text or a turn.
    pub end_of_generation: Vec<TokenId>,
}
