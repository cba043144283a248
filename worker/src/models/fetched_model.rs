//! A model whose files are there, before the engine has made anything of them.

use hub::TOKENIZER_FILES;
use model_files::{ModelFiles, WeightFiles};

use super::packed_weights::PackedWriter;

/// The files of a model.
pub(crate) struct FetchedModel {
    pub(crate) files: ModelFiles,
    /// Writes its packed weights, which take the place of the files.
    pub(crate) packed_writer: Option<PackedWriter>,
    /// All of it was there before.
    pub(crate) was_stored: bool,
    /// Storage failed after this load had begun to store the model: what is there is to be
    /// deleted.
    pub(crate) leftover: bool,
}

/// The names of the files that a model may have beside its weights.
pub(super) const SMALL_FILES: [&str; 5] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
];

/// The place of a file among them, by its name. The tokenizer has one of several.
pub(super) fn place_of(name: &str) -> Option<usize> {
    let name = match TOKENIZER_FILES.contains(&name) {
        true => TOKENIZER_FILES[0],
        false => name,
    };
    SMALL_FILES.iter().position(|known| *known == name)
}

/// Their contents, in that order.
pub(super) fn small_files(files: &ModelFiles) -> [&Option<Vec<u8>>; 5] {
    [
        &files.config,
        &files.tokenizer,
        &files.tokenizer_config,
        &files.generation_config,
        &files.chat_template,
    ]
}

/// Where they go, in that order.
pub(super) fn small_files_mut(files: &mut ModelFiles) -> [&mut Option<Vec<u8>>; 5] {
    [
        &mut files.config,
        &mut files.tokenizer,
        &mut files.tokenizer_config,
        &mut files.generation_config,
        &mut files.chat_template,
    ]
}

/// A model of which there is nothing yet.
pub(super) fn no_files(name: &str) -> ModelFiles {
    ModelFiles {
        name: name.into(),
        weights: WeightFiles::Safetensors(Vec::new()),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    }
}
