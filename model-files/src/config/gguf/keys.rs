//! The metadata of one architecture, whose keys begin with its name.

use crate::error::Result;
use crate::gguf::Gguf;

/// The metadata of one architecture.
pub(super) struct Keys<'a> {
    pub(super) gguf: &'a Gguf,
    pub(super) architecture: &'a str,
}

impl Keys<'_> {
    /// The full name of a key.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    /// # Errors
    /// If the key is missing or is not a size.
    pub(super) fn size(&self, name: &str) -> Result<usize> {
        Ok(self.gguf.usize(&self.key(name))?)
    }

    /// A number; `None` if the key is missing or is not a number.
    pub(super) fn float(&self, name: &str) -> Option<f64> {
        self.gguf.f64(&self.key(name)).ok()
    }

    /// A flag; `None` if the key is missing or is not a flag.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.gguf.bool(&self.key(name)).ok()
    }

    /// Whether the file has a tensor of this name.
    pub(super) fn has_tensor(&self, tensor: &str) -> bool {
        self.gguf.tensor(tensor).is_some()
    }
}
