//! A model's name on a hub.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::HubError;

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
            false => Err(HubError::not_understood(text)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_part_of_a_path_and_be_found_again() {
        for id in ["owner/name", "gpt2", "a/b--c"] {
            let id = ModelId::new(id).unwrap();
            assert_eq!(ModelId::from_path(&id.in_path()), Some(id));
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for text in
            ["", "/", "a/", "a/b/c", "../x", "a/..", "a b", "C:\\x", "a/.git", "a%2Fb"]
        {
            assert!(ModelId::new(text).is_err(), "{text}");
        }
    }
}
