//! Matrices in files of packed weights: where they are, and those that stay there.

mod blob;
mod matrix;
mod place;

pub(super) use self::blob::{Blob, damaged, read_blob};
pub use self::matrix::StoredMatrix;
pub(super) use self::place::MatrixPlace;
