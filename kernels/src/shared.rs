//! Buffers that the members of a team write together.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::Range;

use crate::aligned::{Line, Number, lines};
use crate::room::{NoRoom, reserved};

/// A buffer of which different threads write different parts between two barriers. It
/// begins at a multiple of 64, the widest vector there is.
pub struct Shared<T> {
    lines: Box<[UnsafeCell<Line>]>,
    length: usize,
    element: PhantomData<T>,
}

#[allow(unsafe_code, reason = "threads share it; each access says what makes it sound")]
// SAFETY: all access goes through `get` and `get_mut`, whose callers keep writers apart.
unsafe impl<T: Number> Sync for Shared<T> {}

#[allow(unsafe_code, reason = "threads share it; each access says what makes it sound")]
impl<T: Number> Shared<T> {
    /// A buffer of zeros.
    ///
    /// # Errors
    /// If there is no memory for so many.
    pub fn zeros(length: usize) -> Result<Shared<T>, NoRoom> {
        let count = lines::<T>(length)?;
        let mut lines = reserved(count)?;
        lines.resize_with(count, || UnsafeCell::new(Line([0; 64])));
        Ok(Shared { lines: lines.into_boxed_slice(), length, element: PhantomData })
    }

    /// How many numbers.
    pub fn length(&self) -> usize {
        self.length
    }

    fn start(&self) -> *mut T {
        // A box of no lines still has a well-aligned, non-null address.
        self.lines.as_ptr().cast::<T>().cast_mut()
    }

    /// A part to read.
    ///
    /// # Safety
    /// While the slice lives, no thread may write into this part.
    ///
    /// # Panics
    /// If the range is not inside of the buffer.
    pub unsafe fn get(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: in bounds, initialised and aligned; the caller sees to it that nobody
        // writes there.
        unsafe { std::slice::from_raw_parts(self.start().add(range.start), range.len()) }
    }

    /// A part to write.
    ///
    /// # Safety
    /// While the slice lives, no one else may read or write this part.
    ///
    /// # Panics
    /// If the range is not inside of the buffer.
    #[allow(clippy::mut_from_ref, reason = "that is what the buffer is for")]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.length);
        let start = self.start();
        // SAFETY: as in `get`; the caller sees to it that this is the only access.
        unsafe { std::slice::from_raw_parts_mut(start.add(range.start), range.len()) }
    }

    /// All of it, when no team is at work.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: `&mut self` excludes every other access.
        unsafe { self.get_mut(0..self.length) }
    }
}

impl<T> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("length", &self.length).finish_non_exhaustive()
    }
}
