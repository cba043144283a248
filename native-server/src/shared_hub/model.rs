//! A model as the hub of this server has it.

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
    /// The path of its contents on the disk, if they are here.
    pub(crate) place: Option<PathBuf>,
    /// In bytes.
    pub(crate) size: u64,
    /// Its hash.
    pub(crate) digest: Digest,
}
