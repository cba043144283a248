//! A bounds-checked cursor over the header's bytes.

use super::GgufError;

/// Reads little-endian values one after the other.
pub(super) struct Reader<'a> {
    /// The file, or its first bytes.
    bytes: &'a [u8],
    file_bytes: u64,
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], file_bytes: u64) -> Self {
        Reader { bytes, file_bytes, position: 0 }
    }

    /// The file's length.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The number of bytes that have been read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], GgufError> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..count).ok_or_else(|| self.cut_short(count as u64))?;
        self.position += count;
        Ok(taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, GgufError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// Reads the number of following items, each of which takes at least `least_bytes`
    /// bytes. It is checked against the bytes that remain.
    pub(super) fn count(&mut self, least_bytes: usize) -> Result<usize, GgufError> {
        let count = self.u64()?;
        let needed = count.saturating_mul(least_bytes as u64);
        match usize::try_from(needed) {
            Ok(needed) if needed <= self.bytes.len() - self.position => {
                Ok(count as usize)
            }
            _ => Err(self.cut_short(needed)),
        }
    }

    /// A string's bytes: its length, then that many.
    pub(super) fn string(&mut self) -> Result<&'a [u8], GgufError> {
        let length = self.count(1)?;
        self.take(length)
    }

    /// A string that must be UTF-8; `what` names it in errors.
    pub(super) fn utf8(&mut self, what: &'static str) -> Result<&'a str, GgufError> {
        let offset = self.position;
        let bytes = self.string()?;
        std::str::from_utf8(bytes).map_err(|_| GgufError::NotUtf8 { what, offset })
    }

    fn cut_short(&self, more: u64) -> GgufError {
        let needed = (self.position as u64).saturating_add(more);
        GgufError::CutShort { needed, bytes: self.file_bytes }
    }
}
