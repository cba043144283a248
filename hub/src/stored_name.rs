//! What a model is stored by.

use std::fmt;

use crate::Endpoint;

/// The name of a model together with its hub, so that a model of one hub never stands in
/// for one of another. Written `owner/name` for the default hub, and
/// `owner/name from https://hub.example` for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredName {
    /// What [`Reference::parse`](crate::Reference::parse) reads.
    pub name: String,
    /// The hub that has it.
    pub endpoint: Endpoint,
}

/// No model's name, revision or file has a scheme in it, so what follows this is never a
/// part of one.
const FROM: &str = " from ";

impl StoredName {
    /// Reads what [`Display`](fmt::Display) writes. What names no hub is of the default
    /// one.
    pub fn parse(text: &str) -> StoredName {
        let with_hub = text.rsplit_once(FROM).and_then(|(name, hub)| {
            let endpoint = Endpoint::new(hub).ok().filter(|_| !hub.trim().is_empty())?;
            Some(StoredName { name: name.to_owned(), endpoint })
        });
        with_hub.unwrap_or_else(|| StoredName {
            name: text.to_owned(),
            endpoint: Endpoint::default(),
        })
    }

    /// Whether the default hub has it.
    pub fn is_of_default_hub(&self) -> bool {
        self.endpoint == Endpoint::default()
    }
}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_of_default_hub() {
            true => f.write_str(&self.name),
            false => write!(f, "{}{FROM}{}", self.name, self.endpoint.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_hub_unless_that_is_the_default_one() {
        for (name, hub, written) in [
            ("a/b", "", "a/b"),
            ("a/b", "https://huggingface.co/", "a/b"),
            ("a/b", "https://hub.example", "a/b from https://hub.example"),
            ("a/b/c from d.gguf", "http://h:1/x", "a/b/c from d.gguf from http://h:1/x"),
            ("a/b/c from d.gguf", "", "a/b/c from d.gguf"),
        ] {
            let endpoint = Endpoint::new(hub).unwrap();
            let stored = StoredName { name: name.into(), endpoint };
            assert_eq!(stored.to_string(), written);
            assert_eq!(StoredName::parse(written), stored);
        }
    }
}
