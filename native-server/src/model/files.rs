//! Reading the files of a model.

use std::fs;
use std::path::Path;

use hub::TOKENIZER_FILES;
use model_files::config::Config;
use model_files::gguf::Gguf;
use model_files::gguf::read_header;
use model_files::{BoxedFile, ModelFiles, WeightFiles};

use super::disk_file::DiskFile;
use super::folder::WeightPaths;
use super::{LocationError, ModelLocation};
use crate::embedded;

impl ModelLocation {
    /// Opens the weights and reads the small files beside them.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn open(&self) -> Result<ModelFiles, LocationError> {
        let beside = |name: &str| match (&self.folder, &self.weights) {
            (Some(folder), _) => read_optional(&folder.join(name)),
            (None, WeightPaths::Embedded(_)) => {
                Ok(embedded::file(&format!("demo-model/{name}")).map(<[u8]>::to_vec))
            }
            (None, _) => Ok(None),
        };
        Ok(ModelFiles {
            name: self.name.clone(),
            weights: match &self.weights {
                WeightPaths::Gguf(file) => WeightFiles::Gguf(open(file)?),
                WeightPaths::Embedded(bytes) => WeightFiles::Gguf(Box::new(*bytes)),
                WeightPaths::Safetensors(files) => WeightFiles::Safetensors(
                    files.iter().map(|file| open(file)).collect::<Result<_, _>>()?,
                ),
            },
            config: beside("config.json")?,
            tokenizer: match beside(TOKENIZER_FILES[0])? {
                None => beside(TOKENIZER_FILES[1])?,
                json => json,
            },
            tokenizer_config: beside("tokenizer_config.json")?,
            generation_config: beside("generation_config.json")?,
            chat_template: beside("chat_template.jinja")?,
        })
    }

    /// Where the weights are, one file in a line.
    pub(crate) fn files(&self) -> String {
        let files = match &self.weights {
            WeightPaths::Gguf(file) => std::slice::from_ref(file),
            WeightPaths::Safetensors(files) => files,
            WeightPaths::Embedded(_) => return "in this program\n".into(),
        };
        files.iter().map(|file| format!("{}\n", file.display())).collect()
    }

    /// Bytes of the weights.
    pub(super) fn size(&self) -> u64 {
        let size = |file: &Path| fs::metadata(file).map_or(0, |found| found.len());
        match &self.weights {
            WeightPaths::Gguf(file) => size(file),
            WeightPaths::Safetensors(files) => files.iter().map(|file| size(file)).sum(),
            WeightPaths::Embedded(bytes) => bytes.len() as u64,
        }
    }

    /// The architecture, or why the engine does not run it.
    pub(super) fn architecture(&self) -> Result<String, String> {
        let config = match &self.weights {
            WeightPaths::Gguf(file) => {
                let file = open(file).map_err(|error| error.to_string())?;
                read_header(&*file).and_then(|gguf| Config::from_gguf(&gguf))
            }
            WeightPaths::Embedded(bytes) => Gguf::parse(bytes)
                .map_err(Into::into)
                .and_then(|gguf| Config::from_gguf(&gguf)),
            WeightPaths::Safetensors(_) => {
                let folder = self.folder.as_deref().unwrap_or(Path::new(""));
                let json = read_optional(&folder.join("config.json"));
                let json = json.map_err(|error| error.to_string())?.unwrap_or_default();
                Config::from_json(&json)
            }
        };
        let config = config.map_err(|error| error.to_string())?;
        Ok(config.architecture)
    }
}

fn read_optional(file: &Path) -> Result<Option<Vec<u8>>, LocationError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(file, error)),
    }
}

/// A file of weights.
fn open(file: &Path) -> Result<BoxedFile, LocationError> {
    let opened = DiskFile::open(file).map_err(|error| unreadable(file, error))?;
    Ok(Box::new(opened))
}

fn unreadable(file: &Path, error: std::io::Error) -> LocationError {
    LocationError::Unreadable { file: file.to_owned(), reason: error.to_string() }
}
