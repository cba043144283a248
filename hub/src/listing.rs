//! What a hub says that a model has.
//! <https://huggingface.co/docs/hub/api>, `GET /api/models/{id}/revision/{revision}?blobs=true`

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use crate::paths::is_inside;
use crate::{Digest, ModelId};

/// A model at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name, as the hub writes it.
    pub id: ModelId,
    /// The commit.
    pub commit: String,
    /// Whether its makers want their terms accepted first.
    pub gated: bool,
    /// Whether only some accounts may see it.
    pub private: bool,
    /// Its files.
    pub files: Vec<ListedFile>,
}

/// A file on the hub, as far as the hub's list says what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Its path in the model's folder.
    pub path: String,
    /// In bytes.
    pub size: Option<u64>,
    /// What it hashes to.
    pub digest: Option<Digest>,
}

impl ListedFile {
    /// The file with all that a download needs, if the list says so much.
    pub fn remote(&self) -> Option<RemoteFile> {
        let (path, digest) = (self.path.clone(), self.digest.clone()?);
        Some(RemoteFile { path, size: self.size?, digest })
    }
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

/// More files than any model has; a hub that lists more is not believed.
const MOST_FILES: usize = 100_000;

#[derive(Deserialize)]
struct ListingJson {
    id: Option<String>,
    sha: String,
    #[serde(default)]
    gated: Value,
    #[serde(default)]
    private: Value,
    #[serde(default)]
    siblings: Siblings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Value,
    #[serde(default)]
    blob_id: Value,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    #[serde(default)]
    sha256: Value,
    #[serde(default)]
    size: Value,
}

/// The files of an answer; reading ends where there are too many.
#[derive(Default)]
struct Siblings(Vec<ListedFile>);

impl<'de> Deserialize<'de> for Siblings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Siblings, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Siblings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Siblings, A::Error> {
                let (mut files, mut count) = (Vec::new(), 0);
                while let Some(sibling) = list.next_element::<Sibling>()? {
                    count += 1;
                    if count > MOST_FILES {
                        let many = format!("it lists more than {MOST_FILES} files");
                        return Err(serde::de::Error::custom(many));
                    }
                    files.extend(sibling.file());
                }
                Ok(Siblings(files))
            }
        }

        from.deserialize_seq(Reader)
    }
}

impl Listing {
    /// Reads the hub's answer to a request about `asked`. Files whose names could lead
    /// out of the model's folder are left out.
    ///
    /// # Errors
    /// If it makes no sense, with the reason.
    pub fn read(json: &[u8], asked: &ModelId) -> Result<Listing, String> {
        let answer: ListingJson =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if !is_commit(&answer.sha) {
            let sha: String = answer.sha.chars().take(80).collect();
            return Err(format!("{sha:?} is no commit"));
        }
        let id = match answer.id {
            Some(id) => ModelId::new(&id).map_err(|_| "it is of no model".to_owned())?,
            None => asked.clone(),
        };
        // false, or how access is granted: "auto", "manual".
        let is_set = |value: &Value| !matches!(value, Value::Bool(false) | Value::Null);
        Ok(Listing {
            id,
            commit: answer.sha.to_ascii_lowercase(),
            gated: is_set(&answer.gated),
            private: is_set(&answer.private),
            files: answer.siblings.0,
        })
    }

    /// The file of a name.
    pub fn file(&self, path: &str) -> Option<&ListedFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Whether a text can be the name of a commit, and so that of a folder.
pub fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Sibling {
    fn file(self) -> Option<ListedFile> {
        let lfs = self.lfs.as_ref();
        let size = lfs.and_then(|lfs| lfs.size.as_u64()).or_else(|| self.size.as_u64());
        let digest = match lfs {
            Some(lfs) => lfs.sha256.as_str().and_then(Digest::sha256),
            None => self.blob_id.as_str().and_then(Digest::git),
        };
        let path = self.rfilename;
        is_inside(&path).then_some(ListedFile { path, size, digest })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &Value) -> Result<Listing, String> {
        Listing::read(json.to_string().as_bytes(), &ModelId::new("o/n").unwrap())
    }

    #[test]
    fn the_hubs_answer_is_read_with_sizes_and_hashes() {
        let (git, sha256) = ("a".repeat(40), "b".repeat(64));
        let listing = read(&json!({
            "_id": "x", "id": "o/n", "sha": "c".repeat(40), "gated": "manual",
            "siblings": [
                {"rfilename": "config.json", "size": 7, "blobId": git},
                {"rfilename": "w.safetensors", "size": 9, "blobId": git,
                 "lfs": {"sha256": sha256, "size": 9, "pointerSize": 130}},
                {"rfilename": "unknown"},
            ],
        }))
        .unwrap();
        assert!(listing.gated && !listing.private);
        let paths: Vec<_> = listing.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["config.json", "w.safetensors", "unknown"]);
        assert_eq!(listing.files[0].digest, Some(Digest::Git(git)));
        assert_eq!(listing.files[1].digest, Some(Digest::Sha256(sha256)));
        assert_eq!(listing.files[2].remote(), None);
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let id = ModelId::new("o/n").unwrap();
        for json in [
            "",
            "<html>",
            "{}",
            r#"{"id":"o/n","sha":"../.."}"#,
            r#"{"id":"o/n","sha":"main"}"#,
            r#"{"id":"../n","sha":"0123456"}"#,
            r#"{"id":"o/n","sha":"0123456","siblings":{}}"#,
            &"[".repeat(100_000),
        ] {
            assert!(Listing::read(json.as_bytes(), &id).is_err(), "{json:.80}");
        }
    }

    #[test]
    fn names_that_could_lead_out_of_the_folder_are_left_out() {
        let names = [
            "../../x",
            "/etc/passwd",
            "C:\\Windows\\x",
            "C:/x",
            "a\\..\\..\\x",
            ".git/../../x",
            "a//b",
            "a/./b",
            "",
            "a\u{0}b",
            "\u{202e}nosj.x",
            "kept.json",
        ];
        let siblings: Vec<_> =
            names.iter().map(|name| json!({"rfilename": name})).collect();
        let listing =
            read(&json!({"sha": "0".repeat(40), "siblings": siblings})).unwrap();
        assert_eq!(listing.files.len(), 1);
        assert_eq!(listing.files[0].path, "kept.json");
    }

    #[test]
    fn hashes_that_are_paths_and_sizes_that_are_no_numbers_count_as_not_told() {
        let listing = read(&json!({"sha": "0".repeat(40), "siblings": [
            {"rfilename": "a", "size": 1, "blobId": "../../../../home/user/.ssh/authorized"},
            {"rfilename": "b", "size": -1, "blobId": "a".repeat(40)},
            {"rfilename": "c", "size": 1e300, "blobId": "a".repeat(40)},
            {"rfilename": "d", "size": "1", "lfs": {"sha256": "a".repeat(40), "size": 1}},
            {"rfilename": "e", "lfs": {"sha256": format!("{}/../x", "a".repeat(59))}},
        ]}))
        .unwrap();
        assert!(listing.files.iter().all(|file| file.remote().is_none()));
    }

    #[test]
    fn a_list_of_a_million_files_is_not_read_to_its_end() {
        let files = vec![r#"{"rfilename":"a"}"#; 1_000_000].join(",");
        let json = format!(r#"{{"sha":"0123456","siblings":[{files}]}}"#);
        let id = ModelId::new("o/n").unwrap();
        let error = Listing::read(json.as_bytes(), &id).unwrap_err();
        assert!(error.contains("more than 100000 files"), "{error}");
    }
}
