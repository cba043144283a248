//! Folders, and the files in them by their names.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DedicatedWorkerGlobalScope, FileSystemDirectoryHandle, FileSystemFileHandle,
    FileSystemGetDirectoryOptions, FileSystemGetFileOptions, FileSystemRemoveOptions,
};

use super::open_file::{self, OpenFile};
use crate::memory;

/// The folder that all models are in.
const ROOT: &str = "models";
/// How often and how far apart a file is tried to be deleted that is open.
const REMOVE_TRIES: u32 = 3;
const REMOVE_EVERY_MS: u32 = 200;

/// A folder.
#[derive(Clone)]
pub(crate) struct Folder(FileSystemDirectoryHandle);

impl Folder {
    /// The folder of all models.
    ///
    /// # Errors
    /// If the browser has no such storage or does not let this page use it.
    pub(crate) async fn root(
        scope: &DedicatedWorkerGlobalScope,
    ) -> Result<Folder, JsValue> {
        let manager = scope.navigator().storage();
        // An old browser, or an address that is not secure, has none.
        if manager.is_undefined() {
            return Err("there is no storage here".into());
        }
        let root = JsFuture::from(manager.get_directory()).await?;
        Folder(root.unchecked_into()).folder(ROOT, true).await
    }

    /// A folder in this one.
    pub(crate) async fn folder(
        &self,
        name: &str,
        create: bool,
    ) -> Result<Folder, JsValue> {
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(create);
        let found = self.0.get_directory_handle_with_options(name, &options);
        Ok(Folder(JsFuture::from(found).await?.unchecked_into()))
    }

    /// Deletes a file, or a folder with all that is in it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), JsValue> {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        let mut tries = 0;
        loop {
            let removed = self.0.remove_entry_with_options(name, &options);
            match JsFuture::from(removed).await {
                // A load that was just stopped may still have it open.
                Err(error) if tries < REMOVE_TRIES && open_file::is_locked(&error) => {
                    tries += 1;
                    gloo_timers::future::TimeoutFuture::new(REMOVE_EVERY_MS).await;
                }
                removed => return removed.map(drop),
            }
        }
    }

    /// The names of what is in it.
    pub(crate) async fn names(&self) -> Result<Vec<String>, JsValue> {
        let mut names = Vec::new();
        let keys = self.0.keys();
        loop {
            let next = JsFuture::from(keys.next()?).await?;
            let next: js_sys::IteratorNext = next.unchecked_into();
            if next.done() {
                return Ok(names);
            }
            names.extend(next.value().as_string());
        }
    }

    /// Opens a file, which is made if it is not there.
    pub(crate) async fn open(&self, name: &str) -> Result<OpenFile, JsValue> {
        OpenFile::open(&self.file(name, true).await?).await
    }

    /// Opens a file that is there.
    pub(crate) async fn open_existing(&self, name: &str) -> Result<OpenFile, JsValue> {
        OpenFile::open(&self.file(name, false).await?).await
    }

    /// Opens a file that is there and is only read: several can at once, where the browser knows of
    /// that.
    pub(crate) async fn open_to_read(&self, name: &str) -> Result<OpenFile, JsValue> {
        OpenFile::open_to_read(&self.file(name, false).await?).await
    }

    /// How many bytes a file has. Others may have it open.
    pub(crate) async fn size(&self, name: &str) -> Result<u64, JsValue> {
        let handle = self.file(name, false).await?;
        let file: web_sys::Blob =
            JsFuture::from(handle.get_file()).await?.unchecked_into();
        Ok(file.size() as u64)
    }

    /// The contents of a small file: a manifest or a journal. Others may have it open.
    pub(crate) async fn read(&self, name: &str) -> Result<Vec<u8>, JsValue> {
        let handle = self.file(name, false).await?;
        let file: web_sys::Blob =
            JsFuture::from(handle.get_file()).await?.unchecked_into();
        if file.size() > open_file::LARGEST_SMALL {
            return Err("it is larger than it can be".into());
        }
        let buffer = JsFuture::from(file.array_buffer()).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    /// The contents of a file, as far as there is memory for them. Others may have it open.
    pub(crate) async fn read_whole(&self, name: &str) -> Result<Vec<u8>, JsValue> {
        let file = self.open_existing(name).await?;
        let bytes = memory::zeros(file.size()?);
        let mut bytes = bytes.ok_or("there is not enough memory for it")?;
        file.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the contents of a file.
    pub(crate) async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
        self.open(name).await?.replace(bytes)
    }

    async fn file(
        &self,
        name: &str,
        create: bool,
    ) -> Result<FileSystemFileHandle, JsValue> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(create);
        let found = self.0.get_file_handle_with_options(name, &options);
        Ok(JsFuture::from(found).await?.unchecked_into())
    }
}
