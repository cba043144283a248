//! Which files a model source means.

use engine::config::Config;
use engine::weights::shard_names;
use engine::{EngineError, ModelFiles, Weights};
use protocol::{ErrorCode, Failure, LocalFile, ModelSource, RequestId};
use web_sys::{AbortSignal, DedicatedWorkerGlobalScope, Url};

use crate::fetch::{Download, Downloads};
use crate::models::Stamp;

/// Where the page lies, from the worker's own script.
const PAGE: &str = "../";
/// Where the shipped model lies, from the page.
const DEMO: &str = "demo-model/";

/// Fetches the files of a model.
pub(crate) async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    source: &ModelSource,
    signal: &AbortSignal,
    id: RequestId,
) -> Result<ModelFiles, Failure> {
    let base = resolve(PAGE, &scope.location().href())?;
    let mut downloads = Downloads::new(scope, signal, id);
    match source {
        ModelSource::Demo => {
            // One file holds all but the list of ending tokens.
            let folder = resolve(DEMO, &base)?;
            let generation = downloads.start(&format!("{folder}generation_config.json"));
            let weights = downloads.start(&format!("{folder}model.gguf"));
            let mut files = gguf_files("Demo model", weights, &mut downloads).await?;
            files.generation_config = downloads.finish_small(generation).await?;
            Ok(files)
        }
        ModelSource::Files { files } => local_files(files, &mut downloads).await,
        ModelSource::Hub(_) | ModelSource::Address { .. } => Err(Failure {
            code: ErrorCode::Internal,
            message: "The model was looked for in the wrong place.".into(),
            hint: None,
        }),
    }
}

/// The complete form of an address that may be relative to the page.
pub(crate) fn complete(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
) -> Result<String, Failure> {
    resolve(url, &resolve(PAGE, &scope.location().href())?)
}

/// Fetches the files of the model at an address, which is complete. Also tells what its
/// host said of each of them.
pub(crate) async fn fetch_address(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    signal: &AbortSignal,
    id: RequestId,
) -> Result<(ModelFiles, Vec<(String, Stamp)>), Failure> {
    let mut downloads = Downloads::new(scope, signal, id);
    let files = match is_gguf(url) {
        true => {
            let weights = downloads.start(url);
            gguf_files(last_part(url), weights, &mut downloads).await?
        }
        false => folder_files(url, &mut downloads).await?,
    };
    Ok((files, downloads.seen()))
}

async fn gguf_files(
    name: &str,
    weights: Download,
    downloads: &mut Downloads<'_>,
) -> Result<ModelFiles, Failure> {
    let file = downloads.finish(weights).await?;
    Ok(ModelFiles {
        name: name.into(),
        weights: Weights::Gguf(Box::new(file)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    })
}

/// Files that the person has chosen, by their names.
async fn local_files(
    files: &[LocalFile],
    downloads: &mut Downloads<'_>,
) -> Result<ModelFiles, Failure> {
    let named = |ending: &str| {
        let mut found: Vec<&LocalFile> = files
            .iter()
            .filter(|file| file.name.to_ascii_lowercase().ends_with(ending))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    };
    if let [only] = named(".gguf")[..] {
        let weights = downloads.start(&only.url);
        return gguf_files(&only.name, weights, downloads).await;
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
    let mut beside = async |name: &str| match files.iter().find(|file| file.name == name)
    {
        Some(file) => {
            let file = downloads.start(&file.url);
            downloads.finish_small(file).await
        }
        None => Ok(None),
    };
    let config = beside("config.json").await?;
    if let Some(error) = refusal(config.as_deref()) {
        return Err(error.failure());
    }
    Ok(ModelFiles {
        name: first.name.clone(),
        config,
        tokenizer: beside("tokenizer.json").await?,
        tokenizer_config: beside("tokenizer_config.json").await?,
        generation_config: beside("generation_config.json").await?,
        chat_template: beside("chat_template.jinja").await?,
        weights: {
            let mut weights: Vec<engine::Bytes> = Vec::new();
            for part in &parts {
                let part = downloads.start(&part.url);
                weights.push(Box::new(downloads.finish(part).await?));
            }
            Weights::Safetensors(weights)
        },
    })
}

/// Why the engine does not run a model with this `config.json`: asked before the weights
/// are read, which may be large.
fn refusal(config: Option<&[u8]>) -> Option<EngineError> {
    config.and_then(|json| Config::from_json(json).err())
}

/// A folder in the Hugging Face layout.
async fn folder_files(
    url: &str,
    downloads: &mut Downloads<'_>,
) -> Result<ModelFiles, Failure> {
    // All are asked for before the first is waited for.
    let start = |name: &str| downloads.start(&beneath(url, name));
    let config = start("config.json");
    let tokenizer = start("tokenizer.json");
    let tokenizer_config = start("tokenizer_config.json");
    let generation_config = start("generation_config.json");
    let chat_template = start("chat_template.jinja");
    let config = downloads.finish_small(config).await?;
    let refusal = refusal(config.as_deref());
    Ok(ModelFiles {
        name: last_part(url).into(),
        config,
        tokenizer: downloads.finish_small(tokenizer).await?,
        tokenizer_config: downloads.finish_small(tokenizer_config).await?,
        generation_config: downloads.finish_small(generation_config).await?,
        chat_template: downloads.finish_small(chat_template).await?,
        weights: folder_weights(url, refusal, downloads).await?,
    })
}

/// The weights of a folder. Safetensors go with its `config.json`: with a `refusal` of
/// that, only GGUF will do.
async fn folder_weights(
    folder: &str,
    refusal: Option<EngineError>,
    downloads: &mut Downloads<'_>,
) -> Result<Weights, Failure> {
    if refusal.is_none() {
        let single = downloads.start(&beneath(folder, "model.safetensors"));
        if let Some(file) = downloads.finish_optional(single).await? {
            return Ok(Weights::Safetensors(vec![Box::new(file)]));
        }
        let index = downloads.start(&beneath(folder, "model.safetensors.index.json"));
        if let Some(json) = downloads.finish_small(index).await? {
            return shards(folder, &json, downloads).await;
        }
    }
    let gguf = downloads.start(&beneath(folder, "model.gguf"));
    match (downloads.finish_optional(gguf).await?, refusal) {
        (Some(file), _) => Ok(Weights::Gguf(Box::new(file))),
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
async fn shards(
    folder: &str,
    index: &[u8],
    downloads: &mut Downloads<'_>,
) -> Result<Weights, Failure> {
    let names = shard_names(index).map_err(|reason| Failure {
        code: ErrorCode::InvalidModelFile,
        message: format!("model.safetensors.index.json is damaged: {reason}."),
        hint: None,
    })?;
    let started: Vec<_> =
        names.iter().map(|name| downloads.start(&beneath(folder, name))).collect();
    let mut shards: Vec<engine::Bytes> = Vec::new();
    for download in started {
        shards.push(Box::new(downloads.finish(download).await?));
    }
    Ok(Weights::Safetensors(shards))
}

fn resolve(url: &str, base: &str) -> Result<String, Failure> {
    match Url::new_with_base(url, base) {
        Ok(url) if matches!(url.protocol().as_str(), "http:" | "https:") => {
            Ok(url.href())
        }
        _ => Err(Failure {
            code: ErrorCode::Network,
            message: format!("{url:?} is not an address."),
            hint: Some("Give the address of a model's folder or of a .gguf file.".into()),
        }),
    }
}

/// Whether an address is that of a GGUF file: by its path, as a query may follow.
fn is_gguf(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.to_ascii_lowercase().ends_with(".gguf")
}

/// The address of a file in a folder. What the folder's own address asks for in a query
/// goes along, as a signature of it may.
pub(crate) fn beneath(folder: &str, name: &str) -> String {
    let (path, query) = folder.split_at(folder.find('?').unwrap_or(folder.len()));
    format!("{}/{name}{query}", path.trim_end_matches('/'))
}

/// The last part of an address's path, as a name.
fn last_part(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_is_is_told_by_its_path() {
        for gguf in ["http://h/x.gguf", "http://h/X.GGUF", "http://h/x.gguf?a=b/c#d"] {
            assert!(is_gguf(gguf), "{gguf}");
        }
        assert!(!is_gguf("http://h/folder?file=x.gguf"));
        assert_eq!(beneath("http://h/m", "a.json"), "http://h/m/a.json");
        assert_eq!(beneath("http://h/m/", "a.json"), "http://h/m/a.json");
        assert_eq!(beneath("http://h/m/?s=1/2", "a.json"), "http://h/m/a.json?s=1/2");
        assert_eq!(last_part("http://h/m/?s=1/2"), "m");
    }
}
