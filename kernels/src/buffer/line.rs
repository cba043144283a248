//! The unit of memory that buffers consist of.

use super::out_of_memory::OutOfMemory;

/// 64 bytes: a cache line, and the widest vector there is.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line([u8; 64]);

impl Line {
    pub(super) const ZEROS: Line = Line([0; 64]);

    /// How many lines hold `length` elements.
    pub(super) fn count_for<T>(length: usize) -> Result<usize, OutOfMemory> {
        let bytes = length.checked_mul(size_of::<T>()).ok_or(OutOfMemory)?;
        Ok(bytes.div_ceil(size_of::<Line>()))
    }
}
