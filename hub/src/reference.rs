//! Which model of a hub is meant, and what of it.

use std::fmt;

use crate::endpoint::encoded;
use crate::paths::is_gguf;
use crate::{DEFAULT_ENDPOINT, ModelId};

/// A model on a hub, as far as a person has said which. Its `Display` is the shortest name
/// that means the same, and [`parse`](Self::parse) reads that back.
///
/// ```
/// use hub::{Endpoint, Reference, Wanted};
///
/// let page = "https://huggingface.co/owner/name/blob/main/x.Q8_0.gguf";
/// let reference = Reference::parse(page, &Endpoint::default())?;
/// assert_eq!(reference.id.as_str(), "owner/name");
/// assert_eq!(reference.wanted, Wanted::File("x.Q8_0.gguf".into()));
///
/// let shorter = Reference { revision: None, ..reference };
/// assert_eq!(shorter.to_string(), "owner/name/x.Q8_0.gguf");
/// # Ok::<(), hub::HubError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub id: ModelId,
    /// A branch, tag or commit; `main` if none.
    pub revision: Option<String>,
    /// What of it.
    pub wanted: Wanted,
}

/// Which weights of a model are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever suits.
    #[default]
    Any,
    /// The weights in this file, by its path.
    File(String),
    /// Whatever suits in this folder.
    Folder(String),
    /// The GGUF file of this kind, such as `Q8_0`.
    Quantization(String),
}

impl Reference {
    /// Whether only the model is named: no revision, nothing of it in particular.
    pub fn is_plain(&self) -> bool {
        self.revision.is_none() && self.wanted == Wanted::Any
    }

    /// The revision to ask for.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The address of the model's page or file on the usual hub.
    fn address(&self, way: &str, path: &str) -> String {
        let path: Vec<String> = path.split('/').map(encoded).collect();
        let revision = encoded(self.revision());
        format!("{DEFAULT_ENDPOINT}/{}/{way}/{revision}/{}", self.id, path.join("/"))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let simple = |file: &str| is_gguf(file) && !file.contains('@');
        match &self.wanted {
            Wanted::Folder(folder) => return f.write_str(&self.address("tree", folder)),
            Wanted::File(file) if self.revision.is_none() && simple(file) => {
                return write!(f, "{}/{file}", self.id);
            }
            // There is no shorter way to say both than the address.
            Wanted::File(file) => return f.write_str(&self.address("resolve", file)),
            Wanted::Any | Wanted::Quantization(_) => {}
        }
        write!(f, "{}", self.id)?;
        if let Some(revision) = &self.revision {
            write!(f, "@{revision}")?;
        }
        match &self.wanted {
            Wanted::Quantization(kind) => write!(f, ":{kind}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;

    #[test]
    fn the_shortest_name_of_a_reference_means_the_same() {
        let hub = Endpoint::default();
        for name in [
            "gpt2",
            "o/n",
            "o/n@v1.0",
            "o/n@refs/pr/1",
            "o/n:Q4_K_M",
            "o/n@dev:Q8_0",
            "o/n/a/x.gguf",
            "https://huggingface.co/o/n/resolve/refs%2Fpr%2F1/a/x.gguf",
            "https://huggingface.co/o/n/resolve/main/x%40y.gguf",
            "https://huggingface.co/o/n/resolve/main/x.safetensors",
            "https://huggingface.co/o/n/tree/main/a%20b/c",
        ] {
            assert_eq!(Reference::parse(name, &hub).unwrap().to_string(), name);
        }
    }
}
