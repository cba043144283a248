//! A large file that lies in storage while a model is made of it and no longer: memory would
//! hold it beside the model.

use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope;

use super::{Folder, OpenFile};

/// What the names of such files begin with. No model's folder has such a name: those have
/// percent signs in place of all but letters, digits and the point before the precision.
const PREFIX: &str = "_passing.";

/// The name of such a file. The file is removed when this is dropped, which must be after the
/// file was closed.
pub(crate) struct TempFile {
    folder: Folder,
    name: String,
}

impl TempFile {
    /// Makes an empty file; none where there is no storage. Those that a worker left behind
    /// when it was ended are removed.
    pub(crate) async fn create(
        scope: &DedicatedWorkerGlobalScope,
    ) -> Option<(OpenFile, TempFile)> {
        let folder = Folder::root(scope).await.ok()?;
        for name in folder.names().await.ok()? {
            if name.starts_with(PREFIX) {
                // One that another tab has open stays.
                let _ = folder.remove(&name).await;
            }
        }
        let name = format!("{PREFIX}{}", (js_sys::Math::random() * 1e15) as u64);
        let file = folder.open(&name).await.ok()?;
        Some((file, TempFile { folder, name }))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let (folder, name) = (self.folder.clone(), std::mem::take(&mut self.name));
        spawn_local(async move {
            // If it fails, it is done at the next time.
            let _ = folder.remove(&name).await;
        });
    }
}
