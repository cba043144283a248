//! Models that are not stored: the site's own, and files of the person's device.

use futures_util::future::join;
use protocol::{ErrorCode, Failure, LocalFile, RequestId};
use web_sys::DedicatedWorkerGlobalScope;

use super::FetchedModel;
use super::fetched_model::{no_files, place_of, small_files_mut};
use super::model_url::{beneath, complete};
use super::opened_model::{OpenedModel, refusal};
use crate::download::{
    AddressFiles, DownloadProgress, FetchTransport, FileStore, StorageFailed,
};

/// Where the site's own model lies, from the page.
const DEMO: &str = "demo-model/";
/// From how many bytes on a file lies in storage while its model is made.
const LARGE: u64 = 32 << 20;

/// Fetches the site's own model.
pub(crate) async fn load_demo(
    scope: &DedicatedWorkerGlobalScope,
    id: RequestId,
) -> Result<FetchedModel, Failure> {
    let folder = complete(scope, DEMO)?;
    let progress = DownloadProgress::new(id, &StorageFailed::default());
    let files = AddressFiles::new(FetchTransport::of_site(scope), &folder, &progress);
    // One file holds all but the list of ending tokens.
    let (generation, weights) =
        (beneath(&folder, "generation_config.json"), beneath(&folder, "model.gguf"));
    let (generation, weights) =
        join(files.small(&generation), files.weights(&weights)).await;
    let mut model = OpenedModel::of_gguf("Demo model", weights?);
    model.files.generation_config = generation?;
    fetch(scope, model, &files).await
}

/// Reads files that the person has chosen. Their names tell which is which.
pub(crate) async fn load_chosen_files(
    scope: &DedicatedWorkerGlobalScope,
    chosen: &[LocalFile],
    id: RequestId,
) -> Result<FetchedModel, Failure> {
    let progress = DownloadProgress::new(id, &StorageFailed::default());
    let first = chosen.first().map_or("", |file| file.url.as_str());
    let files = AddressFiles::new(FetchTransport::of_site(scope), first, &progress);
    let model = open_chosen(chosen, &files).await?;
    fetch(scope, model, &files).await
}

async fn open_chosen(
    chosen: &[LocalFile],
    files: &AddressFiles<'_>,
) -> Result<OpenedModel, Failure> {
    let named = |ending: &str| {
        let mut found: Vec<&LocalFile> = chosen
            .iter()
            .filter(|file| file.name.to_ascii_lowercase().ends_with(ending))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    };
    if let [only] = named(".gguf")[..] {
        return Ok(OpenedModel::of_gguf(&only.name, files.weights(&only.url).await?));
    }
    let parts = named(".safetensors");
    let Some(first) = parts.first() else {
        return Err(Failure {
            code: ErrorCode::InvalidModelFile,
            message: "There are no weights among these files.".into(),
            hint: Some(
                "Choose one .gguf file, or the .safetensors files together with \
                 config.json and tokenizer.json."
                    .into(),
            ),
        });
    };
    let mut model = no_files(&first.name);
    for (index, place) in small_files_mut(&mut model).into_iter().enumerate() {
        if let Some(file) = chosen.iter().find(|file| place_of(&file.name) == Some(index))
        {
            *place = files.small(&file.url).await?;
        }
    }
    if let Some(error) = refusal(model.config.as_deref()) {
        return Err(error.failure());
    }
    let mut weights = Vec::new();
    for part in parts {
        weights.push(files.weights(&part.url).await?);
    }
    Ok(OpenedModel { files: model, weights, is_gguf: false })
}

/// Fetches the weights. Small files lie in memory, large ones in storage until the model is made.
async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    model: OpenedModel,
    files: &AddressFiles<'_>,
) -> Result<FetchedModel, Failure> {
    let storage_failed = StorageFailed::default();
    let mut weights = Vec::new();
    for file in &model.weights {
        let store = match file.size {
            Some(size) if size < LARGE => FileStore::in_memory(&storage_failed),
            _ => FileStore::temporary(scope, &storage_failed).await,
        };
        weights.push((file.clone(), store, file.journal()));
    }
    let weights = files.fetch(weights).await?;
    Ok(FetchedModel {
        files: model.with_weights(weights),
        packed_writer: None,
        was_stored: false,
        leftover: false,
    })
}
