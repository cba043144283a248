//! Memory for numbers: beginning at multiples of 64 bytes, and reporting when there is not
//! enough of it.

mod aligned;
mod element;
mod line;
mod out_of_memory;
mod shared;

pub(crate) use aligned::AlignedBuffer;
pub use element::Element;
pub use out_of_memory::OutOfMemory;
pub(crate) use out_of_memory::try_with_capacity;
pub use shared::SharedBuffer;
