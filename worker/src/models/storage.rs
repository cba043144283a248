//! The origin private file system, in the few steps that are needed of it.
//! <https://fs.spec.whatwg.org/>

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use js_sys::Uint8Array;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use protocol::Precision;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DedicatedWorkerGlobalScope, FileSystemDirectoryHandle, FileSystemFileHandle,
    FileSystemGetDirectoryOptions, FileSystemGetFileOptions, FileSystemReadWriteOptions,
    FileSystemRemoveOptions, FileSystemSyncAccessHandle,
};

use crate::room;

/// The folder that all models are in.
const ROOT: &str = "models";
/// No manifest and no journal has more, in bytes; a file that has is none.
const MOST_OF_SMALL: f64 = 1e7;
/// How often and how far apart a file is tried to be opened that another tab has open.
const OPEN_TRIES: u32 = 15;
const OPEN_EVERY_MS: u32 = 200;
/// How often one is tried to be deleted that is open.
const REMOVE_TRIES: u32 = 3;

/// A folder.
#[derive(Clone)]
pub(super) struct Folder(FileSystemDirectoryHandle);

/// An open file; no one else can open it until it is dropped.
pub(super) struct OpenFile(FileSystemSyncAccessHandle);

impl Folder {
    /// The folder of all models.
    ///
    /// # Errors
    /// If the browser has no such storage or does not let this page use it.
    pub(super) async fn root(
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
    pub(super) async fn folder(
        &self,
        name: &str,
        create: bool,
    ) -> Result<Folder, JsValue> {
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(create);
        let found = self.0.get_directory_handle_with_options(name, &options);
        Ok(Folder(JsFuture::from(found).await?.unchecked_into()))
    }

    /// The folder of a model in the folder of all.
    pub(super) async fn model(&self, key: &Key, create: bool) -> Result<Folder, JsValue> {
        self.folder(&key.folder_name(), create).await
    }

    /// Deletes a model's folder with all that is in it.
    pub(super) async fn delete_model(&self, key: &Key) -> Result<(), JsValue> {
        self.remove(&key.folder_name()).await
    }

    /// Deletes a file, or a folder with all that is in it.
    pub(super) async fn remove(&self, name: &str) -> Result<(), JsValue> {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        let mut tries = 0;
        loop {
            let removed = self.0.remove_entry_with_options(name, &options);
            match JsFuture::from(removed).await {
                // A load that was just stopped may still have it open.
                Err(error) if tries < REMOVE_TRIES && is_locked(&error) => {
                    tries += 1;
                    gloo_timers::future::TimeoutFuture::new(OPEN_EVERY_MS).await;
                }
                removed => return removed.map(drop),
            }
        }
    }

    /// The names of what is in it.
    pub(super) async fn names(&self) -> Result<Vec<String>, JsValue> {
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
    pub(super) async fn open(&self, name: &str) -> Result<OpenFile, JsValue> {
        OpenFile::open(&self.file(name, true).await?).await
    }

    /// Opens a file that is there.
    pub(super) async fn open_existing(&self, name: &str) -> Result<OpenFile, JsValue> {
        OpenFile::open(&self.file(name, false).await?).await
    }

    /// How many bytes a file has. Others may have it open.
    pub(super) async fn size(&self, name: &str) -> Result<u64, JsValue> {
        let handle = self.file(name, false).await?;
        let file: web_sys::Blob =
            JsFuture::from(handle.get_file()).await?.unchecked_into();
        Ok(file.size() as u64)
    }

    /// The contents of a small file. Others may have it open.
    pub(super) async fn read(&self, name: &str) -> Result<Vec<u8>, JsValue> {
        let handle = self.file(name, false).await?;
        let file: web_sys::Blob =
            JsFuture::from(handle.get_file()).await?.unchecked_into();
        if file.size() > MOST_OF_SMALL {
            return Err("it is larger than it can be".into());
        }
        let buffer = JsFuture::from(file.array_buffer()).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    /// The contents of a file, as far as there is memory for them. Others may have it open.
    pub(super) async fn read_whole(&self, name: &str) -> Result<Vec<u8>, JsValue> {
        let file = self.open_existing(name).await?;
        let bytes = room::zeros(file.size()?);
        let mut bytes = bytes.ok_or("there is not enough memory for it")?;
        file.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Replaces the contents of a file.
    pub(super) async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), JsValue> {
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

impl OpenFile {
    /// Opens a file; where another tab has it open, waits a little for it.
    async fn open(handle: &FileSystemFileHandle) -> Result<OpenFile, JsValue> {
        let mut tries = 0;
        loop {
            let opening = JsFuture::from(handle.create_sync_access_handle());
            match Opening(Some(opening)).await {
                Ok(opened) => return Ok(opened),
                Err(error) if tries == OPEN_TRIES || !is_locked(&error) => {
                    return Err(error);
                }
                Err(_) => {
                    tries += 1;
                    gloo_timers::future::TimeoutFuture::new(OPEN_EVERY_MS).await;
                }
            }
        }
    }

    /// Makes it so long.
    pub(super) fn set_size(&self, size: u64) -> Result<(), JsValue> {
        self.0.truncate_with_f64(size as f64)
    }

    /// How many bytes it has.
    pub(super) fn size(&self) -> Result<u64, JsValue> {
        Ok(self.0.get_size()? as u64)
    }

    /// Writes bytes at an offset.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        let written = self.0.write_with_u8_array_and_options(bytes, &at(offset))?;
        match written as usize == bytes.len() {
            true => Ok(()),
            false => Err("there is no room".into()),
        }
    }

    /// Writes bytes at an offset, out of JavaScript's memory.
    pub(super) fn write_array(
        &self,
        offset: u64,
        bytes: &Uint8Array,
    ) -> Result<(), JsValue> {
        let written = self.0.write_with_js_u8_array_and_options(bytes, &at(offset))?;
        match written as u64 == u64::from(bytes.length()) {
            true => Ok(()),
            false => Err("there is no room".into()),
        }
    }

    /// Fills `into` with the bytes at an offset.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), JsValue> {
        let read = self.0.read_with_u8_array_and_options(into, &at(offset))?;
        match read as usize == into.len() {
            true => Ok(()),
            false => Err("the file is shorter than it was".into()),
        }
    }

    /// Replaces the contents.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.0.truncate_with_f64(0.0)?;
        self.write(0, bytes)?;
        self.0.flush()
    }

    /// All that is in a small file.
    pub(super) fn contents(&self) -> Result<Vec<u8>, JsValue> {
        let size = self.0.get_size()?;
        if size > MOST_OF_SMALL {
            return Err("it is larger than it can be".into());
        }
        let mut bytes = vec![0; size as usize];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Returns once all that was written outlives a crash.
    pub(super) fn flush(&self) -> Result<(), JsValue> {
        self.0.flush()
    }
}

/// A file that is being opened. Where nobody waits for it any more, as a load was stopped, it
/// is closed once it is open: no one could delete it else.
struct Opening(Option<JsFuture>);

impl Future for Opening {
    type Output = Result<OpenFile, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(opening) = &mut self.0 else { return Poll::Pending };
        let opened = ready!(Pin::new(opening).poll(context));
        self.0 = None;
        Poll::Ready(opened.map(|handle| OpenFile(handle.unchecked_into())))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(opening) = self.0.take() {
            spawn_local(async move {
                if let Ok(handle) = opening.await {
                    drop(OpenFile(handle.unchecked_into()));
                }
            });
        }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn at(offset: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(offset as f64);
    options
}

fn is_locked(error: &JsValue) -> bool {
    let name = error.dyn_ref::<web_sys::DomException>().map(web_sys::DomException::name);
    name.is_some_and(|name| name == "NoModificationAllowedError")
}

/// What the name of a folder ends in that holds a model in this precision.
pub(super) fn suffix(precision: Precision) -> &'static str {
    match precision {
        Precision::Auto | Precision::Q8 => "",
        Precision::Q4 => ".q4",
        Precision::F32 => ".f32",
        Precision::F16 => ".f16",
        Precision::Bf16 => ".bf16",
    }
}

/// What a model is stored by: its name, and the precision that its files were chosen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) precision: Precision,
}

impl Key {
    /// 8 bits are what is taken if nothing is said, so the two are one.
    pub(crate) fn new(name: &str, precision: Precision) -> Key {
        let precision = match precision {
            Precision::Q8 => Precision::Auto,
            other => other,
        };
        Key { name: name.to_owned(), precision }
    }

    fn folder_name(&self) -> String {
        let name = utf8_percent_encode(&self.name, NON_ALPHANUMERIC);
        format!("{name}{}", suffix(self.precision))
    }

    pub(super) fn of_folder(folder: &str) -> Option<Key> {
        // A name is written without points of its own.
        let (name, precision) = match folder.split_once('.') {
            None => (folder, Precision::Auto),
            Some((name, "q4")) => (name, Precision::Q4),
            Some((name, "f32")) => (name, Precision::F32),
            Some((name, "f16")) => (name, Precision::F16),
            Some((name, "bf16")) => (name, Precision::Bf16),
            Some(_) => return None,
        };
        let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        Some(Key { name, precision })
    }
}
