//! A model as it is given out.

use std::path::PathBuf;

use hub::{Digest, ModelId};

/// A model at one commit.
#[derive(Clone, Debug)]
pub(crate) struct SharedModel {
    pub(crate) id: ModelId,
    pub(crate) commit: String,
    pub(crate) files: Vec<SharedFile>,
}

/// A file of a model.
#[derive(Clone, Debug)]
pub(crate) struct SharedFile {
    /// Its path in the model's folder.
    pub(crate) path: String,
    /// Where its contents are, if they are here.
    pub(crate) place: Option<PathBuf>,
    /// In bytes.
    pub(crate) size: u64,
    /// What it hashes to.
    pub(crate) digest: Digest,
}
