//! Files that the person chooses in a file field or drops on the page.

use protocol::LocalFile;
use wasm_bindgen::JsCast;
use web_sys::{DataTransfer, DragEvent, Event, FileList, Url};

/// The files of a list, with addresses that the worker can read.
pub(crate) fn local_files(files: &FileList) -> Vec<LocalFile> {
    (0..files.length())
        .filter_map(|index| files.get(index))
        .filter_map(|file| {
            let url = Url::create_object_url_with_blob(&file).ok()?;
            Some(LocalFile { name: file.name(), url })
        })
        .collect()
}

/// The files that were dropped on the page.
pub(crate) fn dropped_files(event: &Event) -> Vec<LocalFile> {
    let files = carried(event).and_then(|data| data.files());
    files.map(|files| local_files(&files)).unwrap_or_default()
}

/// Whether files are dragged over the page. Text can still be dropped into boxes.
pub(crate) fn carries_files(event: &Event) -> bool {
    carried(event).is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

fn carried(event: &Event) -> Option<DataTransfer> {
    event.dyn_ref::<DragEvent>()?.data_transfer()
}
