//! Packed weights in storage, in place of the files that they came from: written while the
//! model is loaded for the first time, read back without conversion at every later visit.

use model_files::BoxedFile;
use model_files::weights::PackedSink;
use model_files::weights::{PackedState, packed_state, verify_packed};
use protocol::{Event, Reply, RequestId};
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

use crate::js_error::describe;
use crate::post;
use crate::storage::{Folder, OpenFile, StoredFile, TempFile};

const NAME: &str = "weights.packed";

/// Packed weights on their way into storage.
pub(crate) struct PackedWriter {
    /// The model's folder; none if the file goes with the model.
    folder: Option<Folder>,
    file: OpenFile,
    temp: Option<TempFile>,
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
        let folder = Some(folder.clone());
        Some(PackedWriter { folder, file, temp: None, replaced })
    }

    /// Begins a file that is there as long as a model is; none where there is no storage.
    pub(crate) async fn temporary(
        scope: &DedicatedWorkerGlobalScope,
    ) -> Option<PackedWriter> {
        let (file, temp) = TempFile::create(scope).await?;
        let temp = Some(temp);
        Some(PackedWriter { folder: None, file, temp, replaced: Vec::new() })
    }

    /// Ends the file after `written` bytes, or gives it up. It takes the place of the files only
    /// if all of it can be read back as it was written.
    pub(crate) async fn finish(self, written: Result<u64, String>) {
        drop(self.finish_open(written).await);
    }

    /// As [`finish`](Self::finish), and the file stays open; none if it is not sound.
    pub(crate) async fn finish_open(
        self,
        written: Result<u64, String>,
    ) -> Option<BoxedFile> {
        let PackedWriter { folder, file, temp, replaced } = self;
        let sound = written.and_then(|length| {
            let in_words = |error: JsValue| describe(&error);
            file.set_size(length).and_then(|()| file.flush()).map_err(in_words)?;
            let file = StoredFile::new(file, temp).map_err(in_words)?;
            verify_packed(&file).map_err(|error| error.to_string())?;
            Ok(Box::new(file) as BoxedFile)
        });
        let (sound, useless) = match sound {
            Ok(file) => (Some(file), replaced),
            Err(reason) => {
                let reason = format!("The packed weights are not kept: {reason}.");
                web_sys::console::info_1(&reason.into());
                (None, vec![NAME.to_owned()])
            }
        };
        if let Some(folder) = folder {
            for name in useless {
                // What stays behind takes room and goes with the model.
                let _ = folder.remove(&name).await;
            }
        }
        sound
    }
}

impl PackedSink for PackedWriter {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        self.file.write(offset, bytes).map_err(|error| describe(&error))
    }
}

/// Packed weights that are there as a whole.
pub(super) struct StoredWeights {
    pub(super) file: BoxedFile,
    /// Whether they were quantised already and an earlier version rounded them a second time.
    pub(super) rounded: bool,
}

impl StoredWeights {
    /// Tells the page that rounded weights of a model are fetched again.
    pub(super) fn tell_fetched_again(id: RequestId, title: &str) {
        tell(
            id,
            format!(
                "An earlier version of this page stored {title} with its weights rounded a \
                 second time. Its own file is downloaded again, so that the numbers are the \
                 model’s own."
            ),
        );
    }

    /// Tells the page that rounded weights of a model are used.
    pub(super) fn tell_used(id: RequestId, title: &str) {
        tell(
            id,
            format!(
                "{title} runs from weights that an earlier version of this page rounded a \
                 second time, as its own file cannot be downloaded now. Choose it again to \
                 have the model’s own numbers."
            ),
        );
    }
}

fn tell(id: RequestId, message: String) {
    post::reply(Reply { id, event: Event::Notice { message } });
}

/// The packed weights of a model's folder, if they are there as a whole.
pub(super) async fn open(folder: &Folder) -> Option<StoredWeights> {
    let file = folder.open_to_read(NAME).await.ok()?;
    let file = StoredFile::new(file, None).ok()?;
    let rounded = match packed_state(&file) {
        PackedState::Current => false,
        PackedState::Rounded => true,
        PackedState::Unusable => return None,
    };
    Some(StoredWeights { file: Box::new(file), rounded })
}

/// How many bytes the packed weights of a model's folder have.
pub(super) async fn size(folder: &Folder) -> Option<u64> {
    folder.size(NAME).await.ok().filter(|size| *size > 0)
}
