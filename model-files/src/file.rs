//! Files of weights, in memory or elsewhere: a file and the model that is made from it
//! may not fit in memory together.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{ModelFileError, Result};
use crate::memory;

/// A file that is read in parts.
pub trait ModelFile {
    /// Its length in bytes.
    fn length(&self) -> u64;

    /// The whole file if it is in memory, otherwise `None`.
    fn in_memory(&self) -> Option<&[u8]> {
        None
    }

    /// Fills `into` with the bytes from `offset` on, all of which are within the file.
    ///
    /// # Errors
    /// If they cannot be read; the reason, for people.
    fn read(&self, offset: u64, into: &mut [u8]) -> std::result::Result<(), String>;
}

impl<T: AsRef<[u8]>> ModelFile for T {
    fn length(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self.as_ref())
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> std::result::Result<(), String> {
        let range = offset as usize..offset as usize + into.len();
        let bytes = self.as_ref().get(range).ok_or("it is shorter than it was")?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}

/// A file of weights.
#[cfg(not(target_arch = "wasm32"))]
pub type BoxedFile = Box<dyn ModelFile + Send + Sync>;

/// A file of weights. In a browser an open file belongs to one worker.
#[cfg(target_arch = "wasm32")]
pub type BoxedFile = Box<dyn ModelFile>;

/// A file of weights of which parts are read as long as a model is there. Whoever has it open says
/// from which thread it can be read.
pub type SharedFile = Arc<dyn ModelFile + Send + Sync>;

/// A part of a file; copied only if the file is not in memory.
///
/// # Errors
/// If the range is not within the file, or the file cannot be read.
pub fn part(file: &dyn ModelFile, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
    check_within(file, &range)?;
    if let Some(bytes) = file.in_memory().and_then(|bytes| bytes.get(range.clone())) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut bytes = memory::zeros(&[range.len()])?;
    file.read(range.start as u64, &mut bytes).map_err(ModelFileError::File)?;
    Ok(Cow::Owned(bytes))
}

fn check_within(file: &dyn ModelFile, range: &Range<usize>) -> Result<()> {
    match range.start <= range.end && range.end as u64 <= file.length() {
        true => Ok(()),
        false => Err(ModelFileError::Weights("the file is cut short".into())),
    }
}

/// Bytes that are read from a file at once.
pub(super) const READ_BYTES: usize = 1 << 20;

/// Calls `take` with the rows of a matrix in order, as many whole rows at once as make
/// about [`READ_BYTES`] bytes and a multiple of `multiple`: the first row's number, and
/// the rows' bytes.
///
/// # Errors
/// If the file cannot be read, and those of `take`.
pub(super) fn rows(
    file: &dyn ModelFile,
    data: Range<usize>,
    row_bytes: usize,
    multiple: usize,
    mut take: impl FnMut(usize, &[u8]) -> Result<()>,
) -> Result<()> {
    if row_bytes == 0 {
        return Ok(());
    }
    let at_once = (READ_BYTES / row_bytes).next_multiple_of(multiple).max(multiple);
    // The buffer is reused: to allocate memory takes as long as to fill it.
    let mut buffer: Vec<u8> = Vec::new();
    for (index, start) in data.clone().step_by(at_once * row_bytes).enumerate() {
        let end = data.end.min(start + at_once * row_bytes);
        if file.in_memory().is_some() {
            take(index * at_once, &part(file, start..end)?)?;
            continue;
        }
        check_within(file, &(start..end))?;
        if buffer.len() < end - start {
            buffer = memory::zeros(&[end - start])?;
        }
        let bytes = &mut buffer[..end - start];
        file.read(start as u64, bytes).map_err(ModelFileError::File)?;
        take(index * at_once, bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that is not in memory.
    struct NotInMemory(Vec<u8>);

    impl ModelFile for NotInMemory {
        fn length(&self) -> u64 {
            self.0.length()
        }

        fn read(&self, offset: u64, into: &mut [u8]) -> std::result::Result<(), String> {
            self.0.read(offset, into)
        }
    }

    #[test]
    fn rows_come_in_order_from_any_file() {
        let bytes: Vec<u8> = (0..3_000_000).map(|i| (i % 251) as u8).collect();
        let files: [&dyn ModelFile; 2] = [&bytes, &NotInMemory(bytes.clone())];
        for file in files {
            let mut seen = Vec::new();
            rows(file, 1000..2_501_000, 25_000, 16, |first, part| {
                assert_eq!((first % 16, first * 25_000), (0, seen.len()));
                seen.extend_from_slice(part);
                Ok(())
            })
            .unwrap();
            assert!(seen == bytes[1000..2_501_000]);
        }
    }

    #[test]
    fn parts_outside_of_a_file_are_refused() {
        let file = NotInMemory(vec![0; 10]);
        assert_eq!(part(&file, 4..10).unwrap().len(), 6);
        assert!(part(&file, 4..11).is_err());
        assert!(part(&file, 11..11).is_err());
    }
}
