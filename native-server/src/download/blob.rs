//! A file of the cache while it is being downloaded, and its last step into place.
//!
//! The cache is that of `huggingface_hub`: contents lie in `blobs/` by the hub's ETag,
//! and `snapshots/<commit>/<path>` are relative links to them.
//! <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hub::{Digest, Journal, Store, StoreFault};

/// A file on its way. Two programs never write to the same one: each holds the lock that
/// `huggingface_hub` takes too.
#[derive(Debug)]
pub(crate) struct Blob {
    file: File,
    partial: PathBuf,
    journal: PathBuf,
    place: PathBuf,
    _lock: File,
}

impl Blob {
    /// Opens the place of a file in a model's folder; waits for others who fetch it.
    /// None if it is there already. What an older `huggingface_hub` left half done is
    /// gone on with.
    pub(crate) fn open(
        folder: &Path,
        size: u64,
        digest: &Digest,
    ) -> io::Result<Option<(Blob, Journal)>> {
        let blobs = folder.join("blobs");
        fs::create_dir_all(&blobs)?;
        let place = blobs.join(digest.hex());
        if is_there(&place, size) {
            return Ok(None);
        }
        let lock = lock(folder, digest.hex())?;
        if is_there(&place, size) {
            return Ok(None);
        }
        let named = |ending: &str| blobs.join(format!("{}.{ending}", digest.hex()));
        let (partial, journal) =
            (Blob::partial(folder, digest), named("nexttoken.journal"));
        let kept = fs::read(&journal).ok().filter(|_| partial.is_file());
        let kept = kept.and_then(|json| Journal::read(&json, size, digest));
        let known = match kept {
            Some(known) => known,
            None => {
                let mut fresh = Journal::new(size, digest.clone());
                let theirs = named("incomplete");
                if let Ok(begun) = fs::metadata(&theirs)
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
        Ok(Some((Blob { file, partial, journal, place, _lock: lock }, known)))
    }

    /// Where a file is while it is on its way.
    pub(crate) fn partial(folder: &Path, digest: &Digest) -> PathBuf {
        folder.join("blobs").join(format!("{}.nexttoken.incomplete", digest.hex()))
    }

    /// Puts the file where it belongs, once it was checked.
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
        // The journal may only tell of what is on the disk.
        let fresh = self.journal.with_extension("journal.new");
        self.file
            .sync_data()
            .and_then(|()| fs::write(&fresh, journal.to_json()))
            .and_then(|()| fs::rename(&fresh, &self.journal))
            .map_err(fault)
    }

    fn discard(&mut self) {
        // What cannot be removed is overwritten by the next attempt: without a journal
        // it counts for nothing.
        let _ = remove(&self.journal);
        let _ = remove(&self.partial);
    }
}

/// Links a file of a snapshot to its contents; a copy where the system has no links.
pub(crate) fn link(folder: &Path, commit: &str, path: &str, hex: &str) -> io::Result<()> {
    let snapshot = folder.join("snapshots").join(commit);
    let place = snapshot.join(path);
    let above = place.parent().unwrap_or(&snapshot);
    fs::create_dir_all(above)?;
    if place.exists() {
        return Ok(());
    }
    remove(&place)?; // a link that leads nowhere
    let depth = 2 + path.split('/').count() - 1;
    let target = format!("{}blobs/{hex}", "../".repeat(depth));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(target, place)
    }
    #[cfg(not(unix))]
    {
        let _ = target;
        fs::copy(folder.join("blobs").join(hex), place).map(|_| ())
    }
}

/// Notes which commit a branch is at.
pub(crate) fn note_branch(folder: &Path, branch: &str, commit: &str) -> io::Result<()> {
    let place = folder.join("refs").join(branch);
    if let Some(above) = place.parent() {
        fs::create_dir_all(above)?;
    }
    fs::write(place, commit)
}

fn is_there(place: &Path, size: u64) -> bool {
    fs::metadata(place).is_ok_and(|found| found.is_file() && found.len() == size)
}

/// `.locks/<model's folder>/<hash>.lock` beside the models, held until it is dropped.
fn lock(folder: &Path, hex: &str) -> io::Result<File> {
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
    match file.lock() {
        // Some network drives have no locks; a lost race costs only time there.
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(file),
        done => done.map(|()| file),
    }
}

fn remove(file: &Path) -> io::Result<()> {
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
