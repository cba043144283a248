//! What a hub says that a model has.
//! <https://huggingface.co/docs/hub/api>, `GET /api/models/{id}/revision/{revision}?blobs=true`

use serde::Deserialize;

use crate::reference::is_inside;
use crate::{Digest, HubError, ModelId};

/// A model at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name, as the hub writes it.
    pub id: ModelId,
    /// The commit.
    pub commit: String,
    /// Whether its makers want their terms accepted first.
    pub gated: bool,
    /// Its files.
    pub files: Vec<RemoteFile>,
}

/// A file on the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its path in the model's folder.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// What it hashes to.
    pub digest: Digest,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    sha: String,
    #[serde(default)]
    gated: serde_json::Value,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

impl Listing {
    /// Reads the hub's answer to a question about `asked`. Files without size or hash
    /// cannot be checked and are left out.
    ///
    /// # Errors
    /// If it makes no sense.
    pub fn read(json: &[u8], asked: &ModelId) -> Result<Listing, HubError> {
        let failed = |reason: String| HubError::Listing { id: asked.to_string(), reason };
        let answer: Answer =
            serde_json::from_slice(json).map_err(|error| failed(error.to_string()))?;
        let hex = |c: char| c.is_ascii_hexdigit();
        if !(7..=64).contains(&answer.sha.len()) || !answer.sha.chars().all(hex) {
            return Err(failed(format!("{:?} is no commit", answer.sha)));
        }
        Ok(Listing {
            id: ModelId::new(&answer.id)?,
            commit: answer.sha,
            // false, or how access is granted: "auto", "manual".
            gated: !matches!(
                answer.gated,
                serde_json::Value::Bool(false) | serde_json::Value::Null
            ),
            files: answer.siblings.into_iter().filter_map(Sibling::file).collect(),
        })
    }

    /// The file of a name.
    pub fn file(&self, path: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl Sibling {
    fn file(self) -> Option<RemoteFile> {
        let (size, digest) = match (self.lfs, self.size, self.blob_id) {
            (Some(lfs), _, _) => (lfs.size, Digest::Sha256(lfs.sha256)),
            (None, Some(size), Some(blob)) => (size, Digest::Git(blob)),
            _ => return None,
        };
        let hex = digest.hex();
        let sound = is_inside(&self.rfilename)
            && matches!(hex.len(), 40 | 64)
            && hex.chars().all(|c| c.is_ascii_hexdigit());
        sound.then_some(RemoteFile { path: self.rfilename, size, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_answer_is_read_with_sizes_and_hashes() {
        let (git, sha256) = ("a".repeat(40), "b".repeat(64));
        let json = serde_json::json!({
            "_id": "x", "id": "o/n", "sha": "c".repeat(40), "gated": "manual",
            "siblings": [
                {"rfilename": "config.json", "size": 7, "blobId": git},
                {"rfilename": "w.safetensors", "size": 9, "blobId": git,
                 "lfs": {"sha256": sha256, "size": 9, "pointerSize": 130}},
                {"rfilename": "../out", "size": 7, "blobId": git},
                {"rfilename": "unknown"},
            ],
        });
        let id = ModelId::new("o/n").unwrap();
        let listing = Listing::read(json.to_string().as_bytes(), &id).unwrap();
        assert!(listing.gated);
        let paths: Vec<_> = listing.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["config.json", "w.safetensors"]);
        assert_eq!(listing.files[0].digest, Digest::Git(git));
        assert_eq!(listing.files[1].digest, Digest::Sha256(sha256));
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let id = ModelId::new("o/n").unwrap();
        for json in ["", "<html>", "{}", r#"{"id":"o/n","sha":"../.."}"#] {
            assert!(Listing::read(json.as_bytes(), &id).is_err(), "{json}");
        }
    }
}
