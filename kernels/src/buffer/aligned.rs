//! A buffer that one thread writes.

use std::marker::PhantomData;

use super::element::Element;
use super::line::Line;
use super::out_of_memory::{OutOfMemory, try_with_capacity};

/// A fixed number of elements, beginning at a multiple of 64 bytes.
pub(crate) struct AlignedBuffer<T> {
    /// At least `length` elements, as [`zeros`](AlignedBuffer::zeros) makes them.
    lines: Box<[Line]>,
    length: usize,
    element: PhantomData<T>,
}

#[allow(unsafe_code, reason = "bytes are seen as numbers")]
impl<T: Element> AlignedBuffer<T> {
    /// # Errors
    /// If there is no memory for so many.
    pub(crate) fn zeros(length: usize) -> Result<AlignedBuffer<T>, OutOfMemory> {
        let count = Line::count_for::<T>(length)?;
        let mut lines = try_with_capacity(count)?;
        lines.resize(count, Line::ZEROS);
        let lines = lines.into_boxed_slice();
        Ok(AlignedBuffer { lines, length, element: PhantomData })
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: the lines hold `length` elements, since `zeros` counted them so and neither
        // ever changes. They are initialised, all bits are a value of an `Element`, and they
        // are aligned for it, also where there are none. The borrow of `self` excludes
        // writers.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        let start = self.lines.as_mut_ptr().cast();
        // SAFETY: as in `as_slice`; the exclusive borrow of `self` excludes all other access,
        // and any element that is written leaves initialised bytes in the lines.
        unsafe { std::slice::from_raw_parts_mut(start, self.length) }
    }
}

impl<T> std::fmt::Debug for AlignedBuffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AlignedBuffer")
            .field("length", &self.length)
            .finish_non_exhaustive()
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
            let numbers = AlignedBuffer::<f32>::zeros(length).unwrap();
            assert_eq!(numbers.as_slice(), vec![0.0; length]);
            assert_eq!(numbers.as_slice().as_ptr().align_offset(64), 0);
        }
    }
}
