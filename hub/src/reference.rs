//! Which model of a hub is meant, and what of it.

use std::fmt;

use crate::endpoint::encoded;
use crate::{DEFAULT_ENDPOINT, Endpoint, HubError, ModelId, Named};

/// A model on a hub, as far as a person has said which. Its `Display` is the shortest name
/// that means the same, and [`parse`](Self::parse) reads that back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub id: ModelId,
    /// A branch, tag or commit; `main` if none.
    pub revision: Option<String>,
    /// What of it.
    pub wanted: Wanted,
}

/// What of a model is wanted.
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
    /// Reads the name of a model of a hub in any of the forms of [`Named::parse`].
    ///
    /// # Errors
    /// If it is no such name, or the address of something that is not on a hub.
    pub fn parse(text: &str, hub: &Endpoint) -> Result<Reference, HubError> {
        match Named::parse(text, hub)? {
            Named::Hub(reference) => Ok(reference),
            Named::File(_) | Named::Folder(_) => Err(HubError::not_understood(text)),
        }
    }

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

/// Whether a name is that of a GGUF file.
pub(crate) fn is_gguf(path: &str) -> bool {
    path.len() > 5 && path.to_ascii_lowercase().ends_with(".gguf")
}

/// Whether a text can be a revision: what git allows in names, as far as it is safe in an
/// address and as the path of a file.
pub fn is_revision(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || "~^:?*[\\<>|\"'%#".contains(c);
    is_inside(text)
        && !text.contains("..")
        && !text.contains(odd)
        && !text.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock"))
}

/// Whether a path stays in the folder that it is in, on every system, and can be shown to
/// people as it is.
pub(crate) fn is_inside(path: &str) -> bool {
    // Marks that turn or hide text make a name look like another one.
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let odd = |c: char| c.is_control() || c == '\\' || c == ':' || hides(c);
    let is_part =
        |part: &str| !part.is_empty() && part.len() <= 255 && part != "." && part != "..";
    path.len() <= 1024 && !path.contains(odd) && path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn paths_and_revisions_lead_nowhere_else() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "C:\\x",
            "C:/x",
            "a\\..\\b",
            "a\0b",
            "a\nb",
            "x\u{202e}fugg.exe",
            "\u{feff}x",
        ] {
            assert!(!is_inside(path) && !is_revision(path), "{path:?}");
        }
        assert!(!is_inside(&"a".repeat(256)) && !is_inside(&"a/".repeat(600)));
        for revision in
            [".git", "a/.git/config", "x.lock", "a..b", "a b", "%2e%2e", "HEAD^"]
        {
            assert!(!is_revision(revision), "{revision}");
        }
        for revision in ["main", "refs/pr/1", "feature/x", "v1.0+cu", "a@b", "grün"] {
            assert!(is_revision(revision), "{revision}");
        }
    }
}
