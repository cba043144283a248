//! Which files the model at an address has.

use engine::EngineError;
use futures_util::future::join_all;
use hub::TOKENIZER_FILES;
use model_files::config::Config;
use model_files::weights::shard_names;
use model_files::{BoxedFile, ModelFiles, WeightFiles};
use protocol::{ErrorCode, Failure};

use super::fetched_model::{SMALL_FILES, no_files, small_files_mut};
use super::model_url::{beneath, is_gguf, last_part};
use crate::download::{AddressFile, AddressFiles};

/// A model whose small files are there and whose weights are asked for.
pub(super) struct OpenedModel {
    /// Without weights.
    pub(super) files: ModelFiles,
    /// One GGUF file, or safetensors files in order.
    pub(super) weights: Vec<AddressFile>,
    pub(super) is_gguf: bool,
}

impl OpenedModel {
    /// A model in one file.
    pub(super) fn of_gguf(name: &str, weights: AddressFile) -> OpenedModel {
        OpenedModel { files: no_files(name), weights: vec![weights], is_gguf: true }
    }

    /// The model with its weights, once those are there.
    pub(super) fn with_weights(self, weights: Vec<BoxedFile>) -> ModelFiles {
        ModelFiles { weights: weights_of(weights, self.is_gguf), ..self.files }
    }
}

/// One GGUF file, or safetensors files in order.
pub(super) fn weights_of(mut files: Vec<BoxedFile>, is_gguf: bool) -> WeightFiles {
    match files.pop() {
        Some(file) if is_gguf => WeightFiles::Gguf(file),
        last => {
            files.extend(last);
            WeightFiles::Safetensors(files)
        }
    }
}

/// Looks what there is at an address, which is complete.
pub(super) async fn open_model(
    url: &str,
    files: &AddressFiles<'_>,
) -> Result<OpenedModel, Failure> {
    match is_gguf(url) {
        true => Ok(OpenedModel::of_gguf(last_part(url), files.weights(url).await?)),
        false => open_folder(url, files).await,
    }
}

/// Why the engine does not run a model with this `config.json`: asked before the weights
/// are read, which may be large.
pub(super) fn refusal(config: Option<&[u8]>) -> Option<EngineError> {
    config.and_then(|json| Config::from_json(json).err()).map(EngineError::from)
}

/// A folder in the Hugging Face layout.
async fn open_folder(
    url: &str,
    files: &AddressFiles<'_>,
) -> Result<OpenedModel, Failure> {
    // All are asked for at once. Of several that fail, the page is told of the first.
    let small =
        SMALL_FILES.map(|name| async move { files.small(&beneath(url, name)).await });
    let mut model = no_files(last_part(url));
    for (read, place) in
        join_all(small).await.into_iter().zip(small_files_mut(&mut model))
    {
        *place = read?;
    }
    if model.config.is_some() && model.tokenizer.is_none() {
        model.tokenizer = files.small(&beneath(url, TOKENIZER_FILES[1])).await?;
    }
    let refusal = refusal(model.config.as_deref());
    let (weights, is_gguf) = open_weights(url, refusal, files).await?;
    Ok(OpenedModel { files: model, weights, is_gguf })
}

/// The weights of a folder, and whether they are a GGUF file. Safetensors go with its
/// `config.json`: with a `refusal` of that, only GGUF will do.
async fn open_weights(
    folder: &str,
    refusal: Option<EngineError>,
    files: &AddressFiles<'_>,
) -> Result<(Vec<AddressFile>, bool), Failure> {
    if refusal.is_none() {
        let single = beneath(folder, "model.safetensors");
        if let Some(file) = files.optional_weights(&single).await? {
            return Ok((vec![file], false));
        }
        let index = beneath(folder, "model.safetensors.index.json");
        if let Some(json) = files.small(&index).await? {
            return Ok((open_shards(folder, &json, files).await?, false));
        }
    }
    let gguf = files.optional_weights(&beneath(folder, "model.gguf")).await?;
    match (gguf, refusal) {
        (Some(file), _) => Ok((vec![file], true)),
        (None, Some(error)) => Err(error.failure()),
        (None, None) => Err(Failure {
            code: ErrorCode::Network,
            message: format!("There are no weights at {folder}."),
            hint: Some(
                "The folder must hold model.safetensors, or model.safetensors.index.json \
                 with its shards, or model.gguf."
                    .into(),
            ),
        }),
    }
}

/// The weights that an index names.
async fn open_shards(
    folder: &str,
    index: &[u8],
    files: &AddressFiles<'_>,
) -> Result<Vec<AddressFile>, Failure> {
    let names = shard_names(index).map_err(|reason| Failure {
        code: ErrorCode::InvalidModelFile,
        message: format!("model.safetensors.index.json is damaged: {reason}."),
        hint: None,
    })?;
    let mut shards = Vec::new();
    for name in names {
        shards.push(files.weights(&beneath(folder, &name)).await?);
    }
    Ok(shards)
}
