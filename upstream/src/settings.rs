//! Which engine to ask, and how patiently.

use std::fmt;
use std::time::Duration;

use crate::{Address, Kind};

/// An engine elsewhere. All its addresses must run the same model.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Its replicas, at least one.
    pub addresses: Vec<Address>,
    /// What speaks there; none to find out.
    pub kind: Option<Kind>,
    /// What is sent as a Bearer token.
    pub key: Option<Key>,
    /// The name of the model there; none for the first that it lists.
    pub model: Option<String>,
    /// How long one question may take.
    pub patience: Duration,
    /// How often a question is asked that gets no answer, each time to another replica if
    /// there is one.
    pub tries: usize,
    /// Questions that are asked at the same time, at most.
    pub at_once: usize,
    /// Tokens that are listed of a distribution, at most.
    pub most_listed: usize,
}

impl Settings {
    /// The usual settings for some addresses.
    pub fn new(addresses: Vec<Address>) -> Settings {
        Settings {
            addresses,
            kind: None,
            key: None,
            model: None,
            patience: Duration::from_secs(60),
            tries: 3,
            at_once: 64,
            most_listed: usize::MAX,
        }
    }
}

/// A key, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key; none if the text is empty.
    ///
    /// # Errors
    /// If it cannot be sent: the error does not repeat it.
    pub fn new(text: &str) -> Result<Option<Key>, String> {
        let text = text.trim();
        match text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok((!text.is_empty()).then(|| Key(text.into()))),
            false => Err("The key has characters that cannot be sent.".into()),
        }
    }

    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
