//! Files of weights on the disk.

use std::fs::File;
use std::io;
use std::path::Path;

use model_files::ModelFile;

/// An open file that is read in parts. A copy of it in memory beside the loaded model would
/// double what a large model needs. It is not mapped into memory: if another program cuts a
/// mapped file short, reading that part ends the process.
#[derive(Debug)]
pub(super) struct DiskFile {
    file: File,
    length: u64,
}

impl DiskFile {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn open(path: &Path) -> io::Result<DiskFile> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(DiskFile { file, length })
    }
}

impl ModelFile for DiskFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        read_at(&self.file, offset, into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is shorter than it was".into(),
            _ => error.to_string(),
        })
    }
}

#[cfg(unix)]
fn read_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !into.is_empty() {
        match file.seek_read(into, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                offset += count as u64;
                into = &mut into[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_short_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, vec![7; 100_000]).unwrap();
        let file = DiskFile::open(&path).unwrap();
        let mut bytes = [0; 10];
        file.read(99_990, &mut bytes).unwrap();
        assert_eq!((bytes, file.length()), ([7; 10], 100_000));
        File::options().write(true).open(&path).unwrap().set_len(50_000).unwrap();
        let error = file.read(99_990, &mut bytes).unwrap_err();
        assert_eq!(error, "it is shorter than it was");
        file.read(0, &mut bytes).unwrap();
    }
}
