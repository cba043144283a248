//! Memory at addresses that the widest vectors like.

use std::marker::PhantomData;

use crate::room::{NoRoom, reserved};

/// As much as one cache line holds.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u8; 64]);

/// Numbers for which all bits zero is the number zero, and any bits are a number.
pub trait Number: Copy + Send + Sync + 'static {}
impl Number for u8 {}
impl Number for i8 {}
impl Number for i16 {}
impl Number for u16 {}
impl Number for i32 {}
impl Number for f32 {}

/// How many lines hold so many numbers.
pub(crate) fn lines<T>(length: usize) -> Result<usize, NoRoom> {
    let bytes = length.checked_mul(size_of::<T>()).ok_or(NoRoom)?;
    Ok(bytes.div_ceil(size_of::<Line>()))
}

/// A fixed number of numbers, beginning at a multiple of 64.
pub(crate) struct Aligned<T> {
    lines: Box<[Line]>,
    length: usize,
    element: PhantomData<T>,
}

#[allow(unsafe_code, reason = "plain numbers are seen in aligned bytes")]
impl<T: Number> Aligned<T> {
    /// # Errors
    /// If there is no memory for so many.
    pub(crate) fn zeros(length: usize) -> Result<Aligned<T>, NoRoom> {
        let count = lines::<T>(length)?;
        let mut lines = reserved(count)?;
        lines.resize(count, Line([0; 64]));
        let lines = lines.into_boxed_slice();
        Ok(Aligned { lines, length, element: PhantomData })
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: the lines are at least this long, initialised and aligned for any number.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        let start = self.lines.as_mut_ptr().cast();
        // SAFETY: as in `as_slice`; `&mut self` excludes every other access.
        unsafe { std::slice::from_raw_parts_mut(start, self.length) }
    }
}

impl<T> std::fmt::Debug for Aligned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aligned").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn memory_is_aligned_zeroed_and_as_long_as_asked() {
        for length in [0, 1, 15, 16, 17, 1000] {
            let numbers = Aligned::<f32>::zeros(length).unwrap();
            assert_eq!(numbers.as_slice(), vec![0.0; length]);
            assert_eq!(numbers.as_slice().as_ptr().align_offset(64), 0);
        }
    }
}
