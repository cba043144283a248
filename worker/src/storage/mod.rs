//! The origin private file system, in the few steps that are needed of it.
//! <https://fs.spec.whatwg.org/>

mod folder;
mod open_file;
mod shared_file;
mod stored_file;
mod temp_file;

pub(crate) use folder::Folder;
pub(crate) use open_file::OpenFile;
pub(crate) use shared_file::share;
pub(crate) use stored_file::StoredFile;
pub(crate) use temp_file::TempFile;
