//! Where one file of a download is kept: in storage, or in memory where storage fails.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use hub::{Journal, Store, StoreFault};

use super::manifest::StoredFile;
use super::packed::InStorage;
use super::storage::{Folder, OpenFile};
use crate::room;

/// The place of a file. It moves to memory, with all that it holds, when storage is full
/// or fails.
pub(super) struct Place {
    size: u64,
    kept: Kept,
    /// Set once any file of the download could not be stored.
    in_memory: Rc<Cell<bool>>,
}

enum Kept {
    Stored { file: OpenFile, journal: OpenFile },
    Memory(Vec<u8>),
}

impl Place {
    /// Opens the place of a file with what is there of it. Without a folder, or if it
    /// cannot be opened, the file is kept in memory.
    pub(super) async fn open(
        folder: Option<&Folder>,
        stored: &StoredFile,
        in_memory: &Rc<Cell<bool>>,
    ) -> (Place, Journal) {
        let fresh = Journal::new(stored.size, stored.digest.clone());
        let kept = match folder {
            Some(folder) => open_stored(folder, stored).await,
            None => None,
        };
        let (kept, journal) = match kept {
            Some((file, journal)) => {
                let known = journal
                    .contents()
                    .ok()
                    .and_then(|json| Journal::read(&json, stored.size, &stored.digest));
                // BoxedFile that the browser has lost are no longer there.
                let whole = |known: &Journal| {
                    let last = (0..known.chunk_count()).rfind(|c| known.is_finished(*c));
                    let end = last.map_or(0, |chunk| known.chunk(chunk).end);
                    file.size().is_ok_and(|size| size >= end)
                };
                let known = known.filter(whole);
                (Kept::Stored { file, journal }, known.unwrap_or(fresh))
            }
            None => {
                in_memory.set(true);
                (Kept::Memory(Vec::new()), fresh)
            }
        };
        let in_memory = in_memory.clone();
        (Place { size: stored.size, kept, in_memory }, journal)
    }

    /// The file as the engine reads it, once it is there: out of storage part by part, so
    /// that it is never in memory as a whole.
    pub(super) fn into_file(self) -> model_files::BoxedFile {
        match self.kept {
            Kept::Memory(bytes) => Box::new(bytes),
            Kept::Stored { file, .. } => Box::new(InStorage { file, size: self.size }),
        }
    }

    /// The whole file, once it is there.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, StoreFault> {
        match self.kept {
            Kept::Memory(bytes) => Ok(bytes),
            Kept::Stored { file, .. } => {
                let mut bytes = room::zeros(self.size).ok_or(StoreFault::Full)?;
                file.read(0, &mut bytes).map_err(|error| fault(&error))?;
                Ok(bytes)
            }
        }
    }

    /// Takes all that is stored into memory and goes on there.
    fn move_to_memory(&mut self) -> Result<&mut Vec<u8>, StoreFault> {
        if let Kept::Stored { file, .. } = &self.kept {
            let mut bytes = room::zeros(self.size).ok_or(StoreFault::Full)?;
            let stored = file.size().unwrap_or(0).min(self.size) as usize;
            file.read(0, &mut bytes[..stored]).map_err(|error| fault(&error))?;
            self.in_memory.set(true);
            self.kept = Kept::Memory(bytes);
        }
        match &mut self.kept {
            Kept::Memory(bytes) => {
                if bytes.is_empty() {
                    *bytes = room::zeros(self.size).ok_or(StoreFault::Full)?;
                }
                Ok(bytes)
            }
            Kept::Stored { .. } => Err(StoreFault::Other("it is still stored".into())),
        }
    }
}

impl Store for Place {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        if let Kept::Stored { file, .. } = &self.kept
            && file.write(offset, bytes).is_ok()
        {
            return Ok(());
        }
        let within = within(offset, bytes.len());
        let place = self.move_to_memory()?.get_mut(within);
        place.ok_or_else(beyond)?.copy_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        match &self.kept {
            Kept::Stored { file, .. } => {
                file.read(offset, into).map_err(|error| fault(&error))
            }
            Kept::Memory(bytes) => {
                let there = bytes.get(within(offset, into.len()));
                into.copy_from_slice(there.ok_or_else(beyond)?);
                Ok(())
            }
        }
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        if let Kept::Stored { file, journal: kept } = &self.kept {
            // The journal may only tell of what is in storage.
            let done = file.flush().and_then(|()| kept.replace(&journal.to_json()));
            if done.is_err() {
                self.move_to_memory()?;
            }
        }
        Ok(())
    }

    fn discard(&mut self) {
        match &mut self.kept {
            // Without a journal the bytes count for nothing.
            Kept::Stored { journal, .. } => drop(journal.replace(b"")),
            Kept::Memory(bytes) => *bytes = Vec::new(),
        }
    }
}

async fn open_stored(
    folder: &Folder,
    stored: &StoredFile,
) -> Option<(OpenFile, OpenFile)> {
    let file = folder.open(stored.stored_name()).await.ok()?;
    let journal = folder.open(&stored.journal_name()).await.ok()?;
    Some((file, journal))
}

/// The bytes of a file in memory, which holds no more than can be counted here.
fn within(offset: u64, length: usize) -> Range<usize> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    start..start.saturating_add(length)
}

fn beyond() -> StoreFault {
    StoreFault::Other("it is not there".into())
}

fn fault(error: &wasm_bindgen::JsValue) -> StoreFault {
    StoreFault::Other(crate::describe(error))
}
