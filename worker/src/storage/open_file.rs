//! An open file.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    FileSystemFileHandle, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

/// No manifest and no journal has more, in bytes; a file that has is none.
pub(super) const LARGEST_SMALL: f64 = 1e7;
/// How often and how far apart a file is tried to be opened that another tab has open.
const OPEN_TRIES: u32 = 15;
const OPEN_EVERY_MS: u32 = 200;

/// Begins to open a file.
#[expect(clippy::disallowed_types, reason = "each promise is held as a future at once")]
type Opener<'a> = dyn Fn() -> Result<js_sys::Promise, JsValue> + 'a;

/// An open file; no one else can open it until it is dropped.
pub(crate) struct OpenFile(FileSystemSyncAccessHandle);

impl OpenFile {
    /// Opens a file; where another tab has it open, waits a little for it.
    pub(super) async fn open(handle: &FileSystemFileHandle) -> Result<OpenFile, JsValue> {
        OpenFile::open_by(&|| Ok(handle.create_sync_access_handle())).await
    }

    /// Opens a file that is only read: where the browser knows of that, others may have it open in
    /// the same way.
    pub(super) async fn open_to_read(
        handle: &FileSystemFileHandle,
    ) -> Result<OpenFile, JsValue> {
        let open = Reflect::get(handle, &"createSyncAccessHandle".into())?;
        let open: Function = open.dyn_into()?;
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"read-only".into())?;
        OpenFile::open_by(&|| Ok(open.call1(handle, &options)?.unchecked_into())).await
    }

    async fn open_by(open: &Opener<'_>) -> Result<OpenFile, JsValue> {
        let mut tries = 0;
        loop {
            let opening = JsFuture::from(open()?);
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

    /// Cuts it, or fills it with zeros, to this many bytes.
    pub(crate) fn set_size(&self, size: u64) -> Result<(), JsValue> {
        self.0.truncate_with_f64(size as f64)
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> Result<u64, JsValue> {
        Ok(self.0.get_size()? as u64)
    }

    /// Writes bytes at an offset.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JsValue> {
        let written = self.0.write_with_u8_array_and_options(bytes, &at(offset))?;
        match written as usize == bytes.len() {
            true => Ok(()),
            false => Err("there is no room".into()),
        }
    }

    /// Fills `into` with the bytes at an offset.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), JsValue> {
        let read = self.0.read_with_u8_array_and_options(into, &at(offset))?;
        match read as usize == into.len() {
            true => Ok(()),
            false => Err("the file is shorter than it was".into()),
        }
    }

    /// Replaces the contents.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.0.truncate_with_f64(0.0)?;
        self.write(0, bytes)?;
        self.0.flush()
    }

    /// All that is in a small file.
    pub(crate) fn contents(&self) -> Result<Vec<u8>, JsValue> {
        let size = self.0.get_size()?;
        if size > LARGEST_SMALL {
            return Err("it is larger than it can be".into());
        }
        let mut bytes = vec![0; size as usize];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Returns once all that was written outlives a crash.
    pub(crate) fn flush(&self) -> Result<(), JsValue> {
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

pub(super) fn is_locked(error: &JsValue) -> bool {
    let name = error.dyn_ref::<web_sys::DomException>().map(web_sys::DomException::name);
    name.is_some_and(|name| name == "NoModificationAllowedError")
}
