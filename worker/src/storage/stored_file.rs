//! A file in storage as the engine reads it.

use model_files::ModelFile;
use wasm_bindgen::JsValue;

use super::{OpenFile, TempFile};
use crate::js_error::describe;

/// A file that is read part by part. Fields are dropped in their order: a file must be closed to
/// be removed.
pub(crate) struct StoredFile {
    file: OpenFile,
    /// In bytes.
    size: u64,
    /// Removes the file, if it does not stay.
    _temp: Option<TempFile>,
}

impl StoredFile {
    /// A file as long as it is now.
    pub(crate) fn new(
        file: OpenFile,
        temp: Option<TempFile>,
    ) -> Result<StoredFile, JsValue> {
        let size = file.size()?;
        Ok(StoredFile { file, size, _temp: temp })
    }
}

impl ModelFile for StoredFile {
    fn length(&self) -> u64 {
        self.size
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        self.file.read(offset, into).map_err(|error| describe(&error))
    }
}
