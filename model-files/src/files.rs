//! The files of a model.

use crate::file::{BoxedFile, SharedFile};

/// The files of a model. Optional files are `None` if it does not have them.
pub struct ModelFiles {
    /// A name for people.
    pub name: String,
    /// The weights.
    pub weights: WeightFiles,
    /// `config.json`; needed with safetensors.
    pub config: Option<Vec<u8>>,
    /// `tokenizer.json`; needed with safetensors. With GGUF it is used in place of the
    /// file's own.
    pub tokenizer: Option<Vec<u8>>,
    /// `tokenizer_config.json`, which may hold the chat template.
    pub tokenizer_config: Option<Vec<u8>>,
    /// `generation_config.json`, which names the tokens that end a text.
    pub generation_config: Option<Vec<u8>>,
    /// `chat_template.jinja`, which is used in place of any other template.
    pub chat_template: Option<Vec<u8>>,
}

/// The weights of a model.
pub enum WeightFiles {
    /// One or more safetensors files.
    Safetensors(Vec<BoxedFile>),
    /// One GGUF file.
    Gguf(BoxedFile),
    /// A file of packed weights, as [`PackedWriter`](crate::weights::PackedWriter) writes
    /// it.
    Packed(BoxedFile),
    /// Such a file that stays open: the blocks' matrices are read whenever they are needed, and are
    /// never in memory together.
    Stored(SharedFile),
}
