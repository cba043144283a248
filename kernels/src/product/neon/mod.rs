//! NEON with the dot product of Armv8.2: four rows of a tile to a vector, of signed bytes.

mod dots;
mod many;
mod one;
mod scales;
mod stored;

pub(crate) use many::many;
pub(crate) use one::one;
pub(crate) use scales::halves;
