//! The models of the stand-in.

use std::sync::Arc;

use random_model::Files;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A model with one commit, which is its `main` branch.
///
/// ```
/// use stand_in_hub::HubModel;
///
/// let model = HubModel::new("owner/name", vec![("config.json", b"{}".to_vec())]);
/// let config = model.file("config.json").unwrap();
/// // Git's hash of a file with these two bytes.
/// assert_eq!(config.digest, "9e26dfeeb6e641a33dae4961196235bdb965b21b");
/// assert!(!config.large);
/// ```
#[derive(Clone, Debug)]
pub struct HubModel {
    /// `owner/name`.
    pub id: String,
    /// The commit.
    pub commit: String,
    /// Whether terms must be accepted first; a request with any token has accepted them.
    pub gated: bool,
    /// Its files.
    pub files: Vec<HubFile>,
}

/// A file of the stand-in.
#[derive(Clone, Debug)]
pub struct HubFile {
    /// Its path.
    pub path: String,
    /// Its contents.
    pub bytes: Arc<Vec<u8>>,
    /// Large files are known by their SHA-256 and served by another route, to which the
    /// hub redirects; small ones by git's SHA-1.
    pub large: bool,
    /// Its hash, in hexadecimal digits.
    pub digest: String,
}

impl HubFile {
    /// A file; weights are large.
    pub fn new(path: &str, bytes: Vec<u8>) -> HubFile {
        let large = path.ends_with(".safetensors") || path.ends_with(".gguf");
        let digest = match large {
            true => hex(&Sha256::digest(&bytes)),
            false => {
                let header = format!("blob {}\0", bytes.len());
                hex(&Sha1::new_with_prefix(header).chain_update(&bytes).finalize())
            }
        };
        HubFile { path: path.into(), bytes: Arc::new(bytes), large, digest }
    }
}

impl HubModel {
    /// A model of some files.
    pub fn new(id: &str, files: Vec<(&str, Vec<u8>)>) -> HubModel {
        let commit = hex(&Sha1::digest(id.as_bytes()));
        let files = files.into_iter().map(|(path, bytes)| HubFile::new(path, bytes));
        HubModel { id: id.into(), commit, gated: false, files: files.collect() }
    }

    /// A model of safetensors with configuration and tokenizer; the weights are one file.
    pub fn of(id: &str, files: &Files) -> HubModel {
        HubModel::new(
            id,
            vec![
                ("config.json", files.config.clone()),
                ("generation_config.json", files.generation_config.clone()),
                ("model.safetensors", files.safetensors.clone()),
                ("tokenizer.json", files.tokenizer.clone()),
                ("tokenizer_config.json", files.tokenizer_config.clone()),
                ("README.md", b"# A model\n".to_vec()),
            ],
        )
    }

    /// The file of a path.
    pub fn file(&self, path: &str) -> Option<&HubFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
