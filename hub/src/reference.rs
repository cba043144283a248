//! Names of models as people give them.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::{DEFAULT_ENDPOINT, Endpoint, HubError};

/// A model's name on a hub, `owner/name` or, for the oldest ones, `name`. It can be part
/// of a path or an address as it is, and leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

impl ModelId {
    /// Takes a text that has the form of a name.
    ///
    /// # Errors
    /// If it has not.
    pub fn new(text: &str) -> Result<ModelId, HubError> {
        let is_part = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty()
                && part.len() <= 96
                && !part.starts_with('.')
                && part.chars().all(known)
        };
        let parts: Vec<&str> = text.split('/').collect();
        match parts.len() <= 2 && parts.into_iter().all(is_part) {
            true => Ok(ModelId(text.into())),
            false => Err(HubError::InvalidName { text: text.into() }),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a single part of a path, as `huggingface_hub` writes it.
    pub fn in_path(&self) -> String {
        self.0.replace('/', "--")
    }

    /// The name that [`in_path`](Self::in_path) gave, if it is one.
    pub fn from_path(part: &str) -> Option<ModelId> {
        ModelId::new(&part.replacen("--", "/", 1)).ok()
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ModelId {
    type Error = HubError;

    fn try_from(text: String) -> Result<Self, HubError> {
        ModelId::new(&text)
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> String {
        id.0
    }
}

/// A model on a hub, as far as a person has said which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub id: ModelId,
    /// A branch, tag or commit; `main` if none.
    pub revision: Option<String>,
    /// The one file that is wanted, if not whatever suits.
    pub file: Option<String>,
}

impl Reference {
    /// Reads `owner/name`, `owner/name@revision`, `owner/name/file.gguf`, or an address
    /// of a model or file on `hub` or on the default one, as a browser shows it.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn parse(text: &str, hub: &Endpoint) -> Result<Reference, HubError> {
        let text = text.trim();
        let on_hub = [hub.as_str(), DEFAULT_ENDPOINT]
            .iter()
            .find_map(|hub| text.strip_prefix(hub)?.strip_prefix('/'));
        match on_hub {
            Some(path) => Reference::from_address(path),
            None => Reference::from_name(text),
        }
        .ok_or_else(|| HubError::InvalidName { text: text.into() })
    }

    fn from_name(text: &str) -> Option<Reference> {
        let (name, revision) = match text.split_once('@') {
            Some((name, revision)) => (name, Some(revision_of(revision)?)),
            None => (text, None),
        };
        let mut parts = name.splitn(3, '/');
        let (first, second, rest) = (parts.next()?, parts.next(), parts.next());
        let id = match second {
            Some(second) => ModelId::new(&format!("{first}/{second}")).ok()?,
            None => ModelId::new(first).ok()?,
        };
        let file = rest.map(|file| is_inside(file).then(|| file.to_owned()));
        match file {
            Some(None) => None,
            file => Some(Reference { id, revision, file: file.flatten() }),
        }
    }

    /// What follows the hub's own address: `owner/name`, then perhaps `tree/main` or
    /// `resolve/main/file` or `blob/main/file`.
    fn from_address(path: &str) -> Option<Reference> {
        let path = path.split(['?', '#']).next()?.trim_end_matches('/');
        let path = percent_decode_str(path).decode_utf8().ok()?;
        for way in ["/tree/", "/resolve/", "/blob/"] {
            if let Some((id, rest)) = path.split_once(way) {
                let (revision, file) = match rest.split_once('/') {
                    Some((revision, file)) => (revision, Some(file)),
                    None => (rest, None),
                };
                let file = file.filter(|_| way != "/tree/");
                return Some(Reference {
                    id: ModelId::new(id).ok()?,
                    revision: Some(revision_of(revision)?),
                    file: match file {
                        Some(file) => Some(is_inside(file).then(|| file.to_owned())?),
                        None => None,
                    },
                });
            }
        }
        let id = ModelId::new(&path).ok()?;
        Some(Reference { id, revision: None, file: None })
    }
}

fn revision_of(text: &str) -> Option<String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (is_inside(text) && text.chars().all(known)).then(|| text.to_owned())
}

/// Whether a path stays in the folder that it is in.
pub(crate) fn is_inside(path: &str) -> bool {
    let odd = |c: char| c.is_control() || c == '\\' || c == ':';
    !path.contains(odd)
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, id: &str, revision: Option<&str>, file: Option<&str>) {
        let hub = Endpoint::new("http://hub.example/").unwrap();
        let reference = Reference::parse(text, &hub).unwrap();
        assert_eq!(reference.id.as_str(), id, "{text}");
        assert_eq!(reference.revision.as_deref(), revision, "{text}");
        assert_eq!(reference.file.as_deref(), file, "{text}");
    }

    #[test]
    fn names_and_addresses_are_understood_as_they_are_pasted() {
        check("a/b", "a/b", None, None);
        check(" gpt2 ", "gpt2", None, None);
        check("a/b@v1.0", "a/b", Some("v1.0"), None);
        check("a/b/c-q8_0.gguf", "a/b", None, Some("c-q8_0.gguf"));
        check("https://huggingface.co/a/b", "a/b", None, None);
        check("http://hub.example/a/b/tree/dev", "a/b", Some("dev"), None);
        check(
            "http://hub.example/a/b/resolve/main/c%20d.gguf?download=true",
            "a/b",
            Some("main"),
            Some("c d.gguf"),
        );
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        let hub = Endpoint::default();
        for text in [
            "",
            "/",
            "a/",
            "../x",
            "a/..",
            "a b",
            "C:\\x",
            "a/.b",
            "a/b@../x",
            "a/b/../c",
            "http://elsewhere.example/a/b",
            "https://huggingface.co/a/b/blob/main/../x",
        ] {
            assert!(Reference::parse(text, &hub).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_can_be_part_of_a_path_and_be_found_again() {
        for id in ["owner/name", "gpt2", "a/b--c"] {
            let id = ModelId::new(id).unwrap();
            assert_eq!(ModelId::from_path(&id.in_path()), Some(id));
        }
    }
}
