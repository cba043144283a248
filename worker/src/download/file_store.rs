//! Where one file of a download is kept: in storage, or in memory where storage fails.

use std::cell::Cell;
use std::rc::Rc;

use hub::{Journal, Store, StoreFault};
use model_files::ModelFile;
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

use super::memory_blocks::MemoryBlocks;
use crate::js_error::describe;
use crate::memory;
use crate::storage::{Folder, OpenFile, StoredFile, TempFile};

/// Bytes that are moved at once.
const AT_ONCE: u64 = 1 << 20;

/// Set once any file of a load could not be stored.
pub(crate) type StorageFailed = Rc<Cell<bool>>;

/// The store of a file. The file moves to memory, with all that is there of it, when storage
/// is full or fails.
pub(crate) struct FileStore {
    location: Location,
    storage_failed: StorageFailed,
}

/// Fields are dropped in their order: a file must be closed to be removed.
enum Location {
    Storage {
        file: OpenFile,
        /// None for a file that does not outlive its load.
        journal: Option<OpenFile>,
        /// Removes the file, if it does not stay.
        temp: Option<TempFile>,
    },
    Memory(MemoryBlocks),
}

impl FileStore {
    /// Opens the store of a file with what is there of it; `fresh` is its journal if there is
    /// nothing. Without a folder, or if it cannot be opened, the file is kept in memory.
    pub(crate) async fn open(
        folder: Option<&Folder>,
        name: &str,
        fresh: Journal,
        storage_failed: &StorageFailed,
    ) -> (FileStore, Journal) {
        let opened = match folder {
            Some(folder) => open_stored(folder, name).await,
            None => None,
        };
        let Some((file, journal)) = opened else {
            storage_failed.set(true);
            return (FileStore::in_memory(storage_failed), fresh);
        };
        let known = journal.contents().ok();
        let identity = fresh.identity().clone();
        let known = known.and_then(|json| Journal::read(&json, fresh.size(), identity));
        // Bytes that the browser has lost are no longer there.
        let is_there = |known: &Journal| {
            let last = (0..known.chunk_count()).rfind(|c| known.is_finished(*c));
            let end = last.map_or(0, |chunk| known.chunk(chunk).end);
            file.size().is_ok_and(|size| size >= end)
        };
        let known = known.filter(is_there);
        if known.is_none() {
            // What another file has left here is no part of this one.
            let _ = file.set_size(0);
        }
        let known = known.unwrap_or(fresh);
        let location = Location::Storage { file, journal: Some(journal), temp: None };
        (FileStore { location, storage_failed: storage_failed.clone() }, known)
    }

    /// A store for a large file that is removed once its model is made.
    pub(crate) async fn temporary(
        scope: &DedicatedWorkerGlobalScope,
        storage_failed: &StorageFailed,
    ) -> FileStore {
        let Some((file, temp)) = TempFile::create(scope).await else {
            return FileStore::in_memory(storage_failed);
        };
        let location = Location::Storage { file, journal: None, temp: Some(temp) };
        FileStore { location, storage_failed: storage_failed.clone() }
    }

    /// A store in memory.
    pub(crate) fn in_memory(storage_failed: &StorageFailed) -> FileStore {
        let location = Location::Memory(MemoryBlocks::default());
        FileStore { location, storage_failed: storage_failed.clone() }
    }

    /// The file as the engine reads it, once it is there: part by part, so that it is never in
    /// WebAssembly's memory as a whole.
    pub(crate) fn into_file(self) -> Result<model_files::BoxedFile, StoreFault> {
        Ok(match self.location {
            Location::Memory(blocks) => Box::new(blocks),
            Location::Storage { file, temp, .. } => {
                Box::new(StoredFile::new(file, temp).map_err(|error| fault(&error))?)
            }
        })
    }

    /// The whole file, once it is there.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, StoreFault> {
        let file = self.into_file()?;
        let mut bytes = memory::zeros(file.length()).ok_or(StoreFault::Full)?;
        file.read(0, &mut bytes).map_err(StoreFault::Other)?;
        Ok(bytes)
    }

    /// Takes all that is stored into memory and goes on there.
    fn move_to_memory(&mut self) -> Result<&mut MemoryBlocks, StoreFault> {
        if let Location::Storage { file, .. } = &self.location {
            let mut blocks = MemoryBlocks::default();
            let mut buffer = vec![0; AT_ONCE as usize];
            let length = file.size().map_err(|error| fault(&error))?;
            for start in (0..length).step_by(AT_ONCE as usize) {
                let buffer = &mut buffer[..AT_ONCE.min(length - start) as usize];
                file.read(start, buffer).map_err(|error| fault(&error))?;
                blocks.write(start, buffer)?;
            }
            self.storage_failed.set(true);
            self.location = Location::Memory(blocks);
        }
        match &mut self.location {
            Location::Memory(blocks) => Ok(blocks),
            Location::Storage { .. } => {
                Err(StoreFault::Other("it is still stored".into()))
            }
        }
    }
}

impl Store for FileStore {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        if let Location::Storage { file, .. } = &self.location
            && file.write(offset, bytes).is_ok()
        {
            return Ok(());
        }
        self.move_to_memory()?.write(offset, bytes)
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        match &self.location {
            Location::Storage { file, .. } => {
                file.read(offset, into).map_err(|error| fault(&error))
            }
            Location::Memory(blocks) => {
                blocks.read(offset, into).map_err(StoreFault::Other)
            }
        }
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        if let Location::Storage { file, journal: Some(kept), .. } = &self.location {
            // The journal may only tell of what is in storage.
            let done = file.flush().and_then(|()| kept.replace(&journal.to_json()));
            if done.is_err() {
                self.move_to_memory()?;
            }
        }
        Ok(())
    }

    fn discard(&mut self) {
        match &mut self.location {
            // Without a journal the bytes count for nothing.
            Location::Storage { journal, .. } => {
                if let Some(journal) = journal {
                    let _ = journal.replace(b"");
                }
            }
            Location::Memory(blocks) => *blocks = MemoryBlocks::default(),
        }
    }
}

async fn open_stored(folder: &Folder, name: &str) -> Option<(OpenFile, OpenFile)> {
    let file = folder.open(name).await.ok()?;
    let journal = folder.open(&journal_name(name)).await.ok()?;
    Some((file, journal))
}

/// The name of the journal of a stored file.
pub(crate) fn journal_name(file: &str) -> String {
    format!("{file}.journal")
}

fn fault(error: &JsValue) -> StoreFault {
    StoreFault::Other(describe(error))
}
