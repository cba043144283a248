//! The files of a model in the cache.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use hub::{Digest, Hasher, ModelId};

use super::model::{SharedFile, SharedModel};

/// A hub stores larger files by their SHA-256, smaller ones by their Git hash.
const LARGE_FILE_BYTES: u64 = 10 << 20;
/// How deep the folders of a model may be.
const MAX_DEPTH: usize = 4;

/// Hashes that had to be computed, of files that are copies. Links lead to contents that are
/// named by their hash.
#[derive(Debug, Default)]
pub(super) struct DigestCache(Mutex<HashMap<(PathBuf, u64, SystemTime), Digest>>);

/// The files of a snapshot; none if there are none.
pub(super) fn read(
    root: &Path,
    id: &ModelId,
    snapshot: &Path,
    digests: &DigestCache,
) -> Option<SharedModel> {
    let commit = snapshot.file_name()?.to_str()?.to_owned();
    let root = root.canonicalize().ok()?;
    let mut files = Vec::new();
    collect(&root, snapshot, &mut Vec::new(), digests, &mut files);
    files.sort_by(|a: &SharedFile, b| a.path.cmp(&b.path));
    (!files.is_empty()).then(|| SharedModel { id: id.clone(), commit, files })
}

fn collect(
    root: &Path,
    folder: &Path,
    names: &mut Vec<String>,
    digests: &DigestCache,
    files: &mut Vec<SharedFile>,
) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        names.push(name);
        let path = entry.path();
        if path.is_dir() && names.len() < MAX_DEPTH {
            collect(root, &path, names, digests, files);
        } else if let Some(file) = shared(root, &path, names.join("/"), digests) {
            files.push(file);
        }
        names.pop();
    }
}

/// A file, unless it is a link that leads out of the cache or nowhere.
fn shared(
    root: &Path,
    link: &Path,
    path: String,
    digests: &DigestCache,
) -> Option<SharedFile> {
    let place = link.canonicalize().ok().filter(|place| place.starts_with(root))?;
    let found = fs::metadata(&place).ok().filter(fs::Metadata::is_file)?;
    let size = found.len();
    let name = place.file_name()?.to_str()?;
    let is_hash = name.chars().all(|c| c.is_ascii_hexdigit());
    let digest = match name.len() {
        40 if is_hash => Digest::Git(name.to_owned()),
        64 if is_hash => Digest::Sha256(name.to_owned()),
        _ => digests.of(&place, size, found.modified().ok()?).ok()?,
    };
    Some(SharedFile { path, place: Some(place), size, digest })
}

impl DigestCache {
    fn of(&self, place: &Path, size: u64, changed: SystemTime) -> io::Result<Digest> {
        let key = (place.to_owned(), size, changed);
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = known().get(&key) {
            return Ok(digest.clone());
        }
        let kind = match size < LARGE_FILE_BYTES {
            true => Digest::Git(String::new()),
            false => Digest::Sha256(String::new()),
        };
        let mut hasher = Hasher::new(&kind, size);
        let (mut file, mut part) = (File::open(place)?, vec![0; 1 << 20]);
        loop {
            let count = file.read(&mut part)?;
            if count == 0 {
                break;
            }
            hasher.update(&part[..count]);
        }
        let digest = match kind {
            Digest::Git(_) => Digest::Git(hasher.hex()),
            Digest::Sha256(_) => Digest::Sha256(hasher.hex()),
        };
        known().insert(key, digest.clone());
        Ok(digest)
    }
}
