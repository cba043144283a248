//! The files of the tokenizer of a model that runs elsewhere.

use std::path::Path;

use engine::TextFiles;
use hub::TOKENIZER_FILES;
use model_files::{ModelFiles, WeightFiles};

use crate::{LocationError, ModelPlace, ServerModels};

/// Finds the tokenizer of a model by what a person names: a folder, which needs no weights, a
/// GGUF file, or a model in the Hugging Face cache.
///
/// # Errors
/// If there is none on this machine.
pub(super) fn text_files(models: &ServerModels) -> Result<TextFiles, LocationError> {
    let folder = Path::new(models.named_at_start());
    let tokenizer = TOKENIZER_FILES.into_iter().find(|name| folder.join(name).is_file());
    if let Some(tokenizer) = tokenizer {
        let read = |name: &str| std::fs::read(folder.join(name)).ok();
        return Ok(TextFiles {
            gguf: None,
            config: read("config.json"),
            tokenizer: read(tokenizer),
            tokenizer_config: read("tokenizer_config.json"),
            generation_config: read("generation_config.json"),
            chat_template: read("chat_template.jinja"),
        });
    }
    match models.locate(true)? {
        ModelPlace::Here(location) => Ok(of_model(location.open()?)),
        ModelPlace::OnHub(_) => Err(LocationError::Offline {
            wanted: models.named_at_start().into(),
            known: models.ids().split_off(1).join(", "),
        }),
    }
}

fn of_model(files: ModelFiles) -> TextFiles {
    let ModelFiles { weights, config, tokenizer, tokenizer_config, .. } = files;
    TextFiles {
        gguf: match weights {
            WeightFiles::Gguf(file) => Some(file),
            WeightFiles::Safetensors(_)
            | WeightFiles::Packed(_)
            | WeightFiles::Stored(_) => None,
        },
        config,
        tokenizer,
        tokenizer_config,
        generation_config: files.generation_config,
        chat_template: files.chat_template,
    }
}
