//! A large file on its way through: it lies in storage while a model is made of it, or
//! memory would hold it beside the model.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope;

use super::storage::{Folder, OpenFile};

/// What the names of such files begin with. No model's folder has such a name: those have
/// percent signs in place of all but letters, digits and the point before the precision.
const PREFIX: &str = "_passing.";

/// Such a file. It goes when it is dropped.
pub(crate) struct Passing {
    folder: Folder,
    name: String,
    /// Always there, until it is dropped.
    file: Option<OpenFile>,
}

impl Passing {
    /// An empty one; none where there is no storage. Those that a worker left behind when
    /// it was ended are removed.
    pub(crate) async fn begin(scope: &DedicatedWorkerGlobalScope) -> Option<Passing> {
        let folder = Folder::root(scope).await.ok()?;
        for name in folder.names().await.ok()? {
            if name.starts_with(PREFIX) {
                // One that another tab has open stays.
                let _ = folder.remove(&name).await;
            }
        }
        let name = format!("{PREFIX}{}", (js_sys::Math::random() * 1e15) as u64);
        let file = folder.open(&name).await.ok()?;
        Some(Passing { folder, name, file: Some(file) })
    }

    fn file(&self) -> Result<&OpenFile, JsValue> {
        self.file.as_ref().ok_or_else(|| "the file is gone".into())
    }

    /// Writes bytes at an offset.
    pub(crate) fn write(&self, offset: u64, bytes: &Uint8Array) -> Result<(), JsValue> {
        self.file()?.write_array(offset, bytes)
    }

    /// Fills `into` with the bytes at an offset.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), JsValue> {
        self.file()?.read(offset, into)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Closed, or it could not be removed.
        drop(self.file.take());
        let (folder, name) = (self.folder.clone(), std::mem::take(&mut self.name));
        spawn_local(async move {
            // If it fails, it is done at the next time.
            let _ = folder.remove(&name).await;
        });
    }
}
