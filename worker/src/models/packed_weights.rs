//! Packed weights in storage, in place of the files that they came from: written while the
//! model is loaded for the first time, read back without conversion at every later visit.

use model_files::BoxedFile;
use model_files::weights::PackedSink;
use model_files::weights::{is_packed, verify_packed};
use wasm_bindgen::JsValue;

use crate::js_error::describe;
use crate::storage::{Folder, OpenFile, StoredFile};

const NAME: &str = "weights.packed";

/// Packed weights on their way into storage.
pub(crate) struct PackedWriter {
    folder: Folder,
    file: OpenFile,
    /// The files that they take the place of.
    replaced: Vec<String>,
}

impl PackedWriter {
    /// Begins in a model's folder; none where storage fails.
    pub(super) async fn begin(
        folder: &Folder,
        replaced: Vec<String>,
    ) -> Option<PackedWriter> {
        let file = folder.open(NAME).await.ok()?;
        file.set_size(0).ok()?;
        Some(PackedWriter { folder: folder.clone(), file, replaced })
    }

    /// Ends the file after `written` bytes, or gives it up. It takes the place of the files only
    /// if all of it can be read back as it was written.
    pub(crate) async fn finish(self, written: Result<u64, String>) {
        let PackedWriter { folder, file, replaced } = self;
        let is_sound = written.and_then(|length| {
            let in_words = |error: JsValue| describe(&error);
            file.set_size(length).and_then(|()| file.flush()).map_err(in_words)?;
            let file = StoredFile::new(file, None).map_err(in_words)?;
            verify_packed(&file).map_err(|error| error.to_string())
        });
        let useless = match is_sound {
            Ok(()) => replaced,
            Err(reason) => {
                let reason = format!("The packed weights are not kept: {reason}.");
                web_sys::console::info_1(&reason.into());
                vec![NAME.to_owned()]
            }
        };
        for name in useless {
            // What stays behind takes room and goes with the model.
            let _ = folder.remove(&name).await;
        }
    }
}

impl PackedSink for PackedWriter {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        self.file.write(offset, bytes).map_err(|error| describe(&error))
    }
}

/// The packed weights of a model's folder, if they are there as a whole.
pub(super) async fn open(folder: &Folder) -> Option<BoxedFile> {
    let file = folder.open_existing(NAME).await.ok()?;
    let file = StoredFile::new(file, None).ok()?;
    is_packed(&file).then(|| Box::new(file) as BoxedFile)
}

/// How many bytes the packed weights of a model's folder have.
pub(super) async fn size(folder: &Folder) -> Option<u64> {
    folder.size(NAME).await.ok().filter(|size| *size > 0)
}
