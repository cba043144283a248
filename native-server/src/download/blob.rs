//! A file of the cache while it is being downloaded.
//!
//! The cache is that of `huggingface_hub`: contents lie in `blobs/` by the hub's ETag,
//! and `snapshots/<commit>/<path>` are relative links to them.
//! <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub::{Digest, Journal, Store, StoreFault};

/// The pause between two looks at a file that another program downloads.
const LOCK_POLL: Duration = Duration::from_millis(200);

/// A file that is being downloaded. Two programs never write to the same file: each holds
/// the lock that `huggingface_hub` takes, too.
#[derive(Debug)]
pub(crate) struct Blob {
    file: File,
    partial: PathBuf,
    journal: PathBuf,
    place: PathBuf,
    _lock: File,
}

impl Blob {
    /// Opens a file in the folder of a model, after any other program that downloads it; none
    /// if the file is there already. Continues what an older `huggingface_hub` has begun.
    pub(crate) async fn open(
        folder: &Path,
        size: u64,
        digest: &Digest,
    ) -> io::Result<Option<(Blob, Journal)>> {
        let blobs = folder.join("blobs");
        fs::create_dir_all(&blobs)?;
        let place = blobs.join(digest.hex());
        loop {
            if is_there(&place, size) {
                return Ok(None);
            }
            match lock(folder, digest.hex())? {
                Some(_) if is_there(&place, size) => return Ok(None),
                Some(lock) => {
                    return Blob::begin(&blobs, place, size, digest, lock).map(Some);
                }
                // A wait that can be cancelled, unlike a blocking lock.
                None => tokio::time::sleep(LOCK_POLL).await,
            }
        }
    }

    fn begin(
        blobs: &Path,
        place: PathBuf,
        size: u64,
        digest: &Digest,
        lock: File,
    ) -> io::Result<(Blob, Journal)> {
        let named = |ending: &str| blobs.join(format!("{}.{ending}", digest.hex()));
        let (partial, journal) =
            (named("nexttoken.incomplete"), named("nexttoken.journal"));
        // Remove links, so that nothing is written through them.
        for file in [&partial, &journal, &named("nexttoken.journal.new")] {
            if file.is_symlink() {
                remove(file)?;
            }
        }
        let kept = fs::read(&journal).ok().filter(|_| partial.is_file());
        let kept = kept.and_then(|json| Journal::read(&json, size, digest));
        let known = match kept {
            Some(known) => known,
            None => {
                let mut fresh = Journal::new(size, digest.clone());
                let theirs = named("incomplete");
                if let Ok(begun) = fs::symlink_metadata(&theirs)
                    && begun.is_file()
                    && begun.len() <= size
                {
                    fs::rename(&theirs, &partial)?;
                    fresh.finish_first(begun.len());
                }
                fresh
            }
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)?;
        file.set_len(size)?;
        Ok((Blob { file, partial, journal, place, _lock: lock }, known))
    }

    /// Where a file is while it is being downloaded.
    pub(crate) fn partial(folder: &Path, digest: &Digest) -> PathBuf {
        folder.join("blobs").join(format!("{}.nexttoken.incomplete", digest.hex()))
    }

    /// Moves the file, whose hash was checked, to its place.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.place)?;
        remove(&self.journal)
    }
}

impl Store for Blob {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(fault)
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(into))
            .map_err(fault)
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        // The journal may only count chunks that are on the disk.
        let fresh = self.journal.with_extension("journal.new");
        self.file
            .sync_data()
            .and_then(|()| fs::write(&fresh, journal.to_json()))
            .and_then(|()| fs::rename(&fresh, &self.journal))
            .map_err(fault)
    }

    fn discard(&mut self) {
        // A file that cannot be removed is overwritten by the next attempt: without a
        // journal, none of its chunks counts.
        let _ = remove(&self.journal);
        let _ = remove(&self.partial);
    }
}

fn is_there(place: &Path, size: u64) -> bool {
    // Not through a link, which could lead to any file of this size.
    fs::symlink_metadata(place).is_ok_and(|found| found.is_file() && found.len() == size)
}

/// `.locks/<model's folder>/<hash>.lock` beside the models, held until it is dropped;
/// none while another program holds it.
fn lock(folder: &Path, hex: &str) -> io::Result<Option<File>> {
    let (Some(root), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(io::Error::other("the cache has no folder"));
    };
    let locks = root.join(".locks").join(name);
    fs::create_dir_all(&locks)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(locks.join(format!("{hex}.lock")))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        // Some network drives have no locks; without one, a race only costs time.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
            Ok(Some(file))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fault(error: io::Error) -> StoreFault {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreFault::Full,
        _ => StoreFault::Other(error.to_string()),
    }
}
