//! The index of weights in several files, `model.safetensors.index.json`.
//! <https://huggingface.co/docs/safetensors/metadata_parsing>

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::paths::is_inside;

/// The index that stands beside weights in several files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardIndex {
    files: BTreeSet<String>,
}

impl ShardIndex {
    /// Reads an index.
    ///
    /// # Errors
    /// If it makes no sense, or names files that are not beside it.
    pub fn read(json: &[u8]) -> Result<ShardIndex, String> {
        #[derive(Deserialize)]
        struct Index {
            /// The file of each tensor.
            weight_map: BTreeMap<String, String>,
        }

        let index: Index =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        match index
            .weight_map
            .values()
            .find(|name| name.contains('/') || !is_inside(name))
        {
            Some(name) => Err(format!("it names the file {name:?}")),
            None => Ok(ShardIndex::of(index.weight_map.into_values().collect())),
        }
    }

    /// An index that names these files, each beside it.
    pub fn of(files: BTreeSet<String>) -> ShardIndex {
        ShardIndex { files }
    }

    /// The files that it names, each once, in order.
    pub fn files(&self) -> BTreeSet<&str> {
        self.files.iter().map(String::as_str).collect()
    }
}
