//! Which model to load, which are stored, and what is known about the loaded one.

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
    /// A model of a hub. It is downloaded into the browser's storage unless it is there.
    Hub(HubModel),
    /// Files that the person has chosen: one `.gguf` file, or `.safetensors` files with
    /// `config.json` and `tokenizer.json`.
    Files {
        /// The files.
        files: Vec<LocalFile>,
    },
}

/// A model of a hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubModel {
    /// As a person names it: `owner/name`, `owner/name@revision`,
    /// `owner/name/file.gguf`, or its address on the hub. Also its name in storage.
    pub name: String,
    /// The hub's address; empty for the default one.
    #[serde(default)]
    pub endpoint: String,
    /// An access token.
    #[serde(default)]
    pub token: Option<String>,
    /// Another model of the hub with the same weights as GGUF. It is tried first.
    #[serde(default)]
    pub twin: Option<String>,
    /// Download nothing: a model that is not in storage fails with
    /// [`ErrorCode::NotStored`](crate::ErrorCode::NotStored).
    #[serde(default)]
    pub stored_only: bool,
}

/// A file that a person has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalFile {
    /// Its name.
    pub name: String,
    /// A `blob:` address of the page.
    pub url: String,
}

/// What the browser stores for this site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredModels {
    /// The models, whole or in part.
    pub models: Vec<StoredModel>,
    /// Bytes that the site uses; none where the browser does not say.
    pub used: Option<u64>,
    /// Bytes that the site may use; none where the browser does not say.
    pub quota: Option<u64>,
}

/// A model in the browser's storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredModel {
    /// The name that it was loaded by.
    pub name: String,
    /// The precision that its files were chosen for; `Auto` also stands for 8 bits.
    #[serde(default)]
    pub precision: Precision,
    /// Bytes that are stored.
    pub bytes: u64,
    /// Bytes in all.
    pub total: u64,
}

/// The GGUF files of a model of a hub, and of its twin if it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFiles {
    /// The name that the model was asked for by.
    pub model: String,
    /// The files, the largest first.
    pub files: Vec<HubFile>,
}

/// A GGUF file of a model of a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFile {
    /// The name that it is loaded by.
    pub name: String,
    /// Its number format as its name says it, such as `Q4_K_M`; empty if it says none.
    pub format: String,
    /// In bytes; none if the hub does not say.
    pub bytes: Option<u64>,
    /// Whether the engine is expected to run it.
    pub runs: bool,
}

/// The number format of the weights in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Weights become 8-bit on a CPU and 16-bit on a GPU: bf16 if the files are bf16,
    /// otherwise f16. What is quantised in its file stays as it is.
    #[default]
    Auto,
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point, IEEE 754's binary16; embeddings and output head in 32 bits.
    F16,
    /// 16-bit floating point with the exponent of 32 bits; embeddings and output head in
    /// 32 bits.
    Bf16,
    /// Blocks of 32 8-bit integers with one scale (ggml's Q8_0). What is quantised in its
    /// file stays as it is.
    Q8,
    /// Blocks of mostly 4-bit integers with their scales. What is quantised in its file
    /// stays as it is.
    Q4,
}

impl Precision {
    /// The names that [`named`](Self::named) reads, for messages.
    pub const NAMES: &str = "auto, f32, f16, bf16, q8 or q4";

    /// The format of a name in any case; an empty name is `auto`. None for other names.
    pub fn named(name: &str) -> Option<Precision> {
        match name.to_ascii_lowercase().as_str() {
            "" | "auto" => Some(Precision::Auto),
            "f32" => Some(Precision::F32),
            "f16" => Some(Precision::F16),
            "bf16" => Some(Precision::Bf16),
            "q8" => Some(Precision::Q8),
            "q4" => Some(Precision::Q4),
            _ => None,
        }
    }
}

/// What reads prompts, where that may be another device than the one that continues them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptDevice {
    /// Nobody asked for another.
    #[default]
    Same,
    /// A GPU does.
    Gpu,
    /// A GPU does, and continues them, too.
    GpuContinues,
    /// A GPU does, and continues them, too; the model's blocks are in its memory and in storage only.
    GpuAlone,
    /// A GPU was asked for, but there is none.
    NoGpu,
    /// A GPU was asked for, but has no program for a model of this kind.
    OtherModel,
    /// A GPU was asked for, but the model is more than it takes.
    TooLarge,
    /// A GPU was asked for, but computed other numbers, or none, when it was tried.
    WrongNumbers,
    /// The faster of both was asked for, and that is not the GPU.
    Slower,
    /// A GPU did, until it failed.
    Failed,
    /// A GPU did, until it failed; from then on blocks come from storage at every pass.
    FailedAlone,
}

/// How fast a GPU and the processor do the same, in tokens per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceSpeeds {
    /// The GPU.
    pub gpu: f32,
    /// The processor.
    pub processor: f32,
}

/// The model that is loaded and how it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelDescription {
    /// A name for people.
    pub name: String,
    /// The architecture's name in its configuration, such as `llama`.
    pub architecture: String,
    /// The name that its configuration gives the architecture, if that is not known here and
    /// its files are read as those of `architecture`.
    #[serde(default)]
    pub calls_itself: Option<String>,
    /// How many weights it has.
    pub parameters: u64,
    /// How many of them a token goes through, in a mixture of experts; 0 in others.
    #[serde(default)]
    pub active_parameters: u64,
    /// Whether most of its layers keep a state that cannot be cut short, so that going far
    /// back in a text costs reading some of it again.
    #[serde(default)]
    pub rereads: bool,
    /// The formats of its matrices in memory, the one with the most bytes first: `F32`,
    /// `Q8_0`, or a mix such as `F16 + F32`.
    pub precision: String,
    /// The formats of its matrices in its files, likewise; empty if they are not known.
    #[serde(default)]
    pub stored: String,
    /// What products with its matrices are computed in, such as `16 bits`; empty if that is
    /// not known.
    #[serde(default)]
    pub computed_in: String,
    /// The precision that was asked for.
    #[serde(default)]
    pub asked: Precision,
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
    /// Whether it can chat: whether it has a chat template, which base models do not.
    pub chat: bool,
    /// Why it cannot chat although it has a chat template, as a sentence.
    #[serde(default)]
    pub chat_fault: Option<String>,
    /// Whether its chat template renders a system message before a conversation.
    #[serde(default)]
    pub system_message: bool,
    /// The variable of its chat template that says whether a reply begins with thinking, such
    /// as `enable_thinking`; empty if the template reads none.
    #[serde(default)]
    pub thinking: String,
    /// Whether it thinks where that variable is not set.
    #[serde(default)]
    pub thinks_unasked: bool,
    /// Whether an engine elsewhere runs it, named by `device`. Probabilities are known then,
    /// but nothing of its weights or from inside of it.
    #[serde(default)]
    pub elsewhere: bool,
    /// Whether a GPU reads prompts, where one was asked for.
    #[serde(default)]
    pub prompts: PromptDevice,
    /// How fast prompts are read, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_speeds: Option<DeviceSpeeds>,
    /// How fast texts are continued, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation_speeds: Option<DeviceSpeeds>,
    /// The tokens that end a text or a turn.
    pub end_of_generation: Vec<TokenId>,
}
