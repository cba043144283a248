//! Archives whose bytes depend on nothing but their files: no times, no owners, no order of a
//! folder.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

use crate::contents::Entry;

/// The kinds of archives.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    TarGz,
    Zip,
}

/// Writes the entries into an archive, all in one folder that is named like it; its path.
///
/// # Errors
/// If a file cannot be read, or the archive not be written.
pub(crate) fn write(
    kind: Kind,
    out: &Path,
    name: &str,
    entries: &[Entry],
) -> Result<PathBuf> {
    let ending = match kind {
        Kind::TarGz => "tar.gz",
        Kind::Zip => "zip",
    };
    let path = out.join(format!("{name}.{ending}"));
    let file = File::create(&path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    let file = BufWriter::new(file);
    match kind {
        Kind::TarGz => tar_gz(file, name, entries)?.flush()?,
        Kind::Zip => zip(file, name, entries)?.flush()?,
    }
    Ok(path)
}

fn tar_gz<W: Write>(out: W, folder: &str, entries: &[Entry]) -> Result<W> {
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::best()));
    for entry in entries {
        let bytes = read(entry)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode(entry));
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{folder}/{}", entry.name), &*bytes)?;
    }
    Ok(archive.into_inner()?.finish()?)
}

fn zip<W: Write + std::io::Seek>(out: W, folder: &str, entries: &[Entry]) -> Result<W> {
    let mut archive = ZipWriter::new(out);
    for entry in entries {
        let options = SimpleFileOptions::default()
            .last_modified_time(DateTime::default())
            .unix_permissions(mode(entry));
        archive.start_file(format!("{folder}/{}", entry.name), options)?;
        archive.write_all(&read(entry)?)?;
    }
    Ok(archive.finish()?)
}

fn read(entry: &Entry) -> Result<Vec<u8>> {
    fs::read(&entry.file)
        .with_context(|| format!("{} cannot be read", entry.file.display()))
}

fn mode(entry: &Entry) -> u32 {
    if entry.is_program { 0o755 } else { 0o644 }
}
