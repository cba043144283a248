//! A buffer that the members of a team write together.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::Range;

use super::element::Element;
use super::line::Line;
use super::out_of_memory::{OutOfMemory, try_with_capacity};

/// A buffer of which different threads write different parts between two barriers. It begins
/// at a multiple of 64 bytes, the widest vector there is.
///
/// ```
/// use kernels::{SharedBuffer, Team};
///
/// let mut squares = SharedBuffer::<f32>::zeros(100)?;
/// let mut team = Team::new(2, |body| std::thread::Builder::new().spawn(body).is_ok());
/// team.run(2, &|member| {
///     let part = member.share(100);
///     // SAFETY: the shares of two members do not overlap.
///     let numbers = unsafe { squares.get_mut(part.clone()) };
///     for (number, index) in numbers.iter_mut().zip(part) {
///         *number = (index * index) as f32;
///     }
/// });
/// assert_eq!(squares.as_mut_slice()[..4], [0.0, 1.0, 4.0, 9.0]);
/// # Ok::<(), kernels::OutOfMemory>(())
/// ```
pub struct SharedBuffer<T> {
    /// At least `length` elements, as [`zeros`](SharedBuffer::zeros) makes them.
    lines: Box<[UnsafeCell<Line>]>,
    length: usize,
    element: PhantomData<T>,
}

#[allow(unsafe_code, reason = "threads share it; each access says what makes it sound")]
// SAFETY: a shared reference gives access through `get` and `get_mut` alone, whose callers
// keep a part that is written from all other threads. The elements are plain numbers.
unsafe impl<T: Element> Sync for SharedBuffer<T> {}

#[allow(unsafe_code, reason = "threads share it; each access says what makes it sound")]
impl<T: Element> SharedBuffer<T> {
    /// A buffer of zeros.
    ///
    /// # Errors
    /// If there is no memory for so many.
    pub fn zeros(length: usize) -> Result<SharedBuffer<T>, OutOfMemory> {
        let count = Line::count_for::<T>(length)?;
        let mut lines = try_with_capacity(count)?;
        lines.resize_with(count, || UnsafeCell::new(Line::ZEROS));
        let lines = lines.into_boxed_slice();
        Ok(SharedBuffer { lines, length, element: PhantomData })
    }

    /// How many elements there are.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The first element. A box of no lines has a well-aligned, non-null address, too.
    fn start(&self) -> *mut T {
        self.lines.as_ptr().cast::<T>().cast_mut()
    }

    /// A part to read.
    ///
    /// # Safety
    /// While the slice lives, nobody may write into this part: neither another thread, nor
    /// this one through a slice of [`get_mut`](Self::get_mut).
    ///
    /// # Panics
    /// If the range is not inside of the buffer.
    pub unsafe fn get(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: the range is inside of the lines, which are initialised, aligned, and with
        // any bits a value of an `Element`. The caller sees to it that nobody writes there.
        unsafe { std::slice::from_raw_parts(self.start().add(range.start), range.len()) }
    }

    /// A part to write.
    ///
    /// # Safety
    /// While the slice lives, nobody else may read or write this part: neither another
    /// thread, nor this one through another slice.
    ///
    /// # Panics
    /// If the range is not inside of the buffer.
    #[allow(clippy::mut_from_ref, reason = "that is what the buffer is for")]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.length);
        let start = self.start();
        // SAFETY: as in `get`, and the cells allow to write what a shared reference leads to.
        // The caller sees to it that this is the only access.
        unsafe { std::slice::from_raw_parts_mut(start.add(range.start), range.len()) }
    }

    /// All elements, when no team is at work.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: the exclusive borrow of `self` excludes every other access.
        unsafe { self.get_mut(0..self.length) }
    }
}

impl<T> std::fmt::Debug for SharedBuffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedBuffer")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
