//! Memory of sizes that come from outside, by way of files and texts: counted without
//! overflow, and asked for so that a refusal is an error. In a browser a refusal would end
//! the worker otherwise.

use kernels::{OutOfMemory, PackedFormat, PackedMatrix};

use crate::error::{ModelFileError, Result};

/// An empty vector with room for the product of some sizes.
///
/// # Errors
/// If there is no memory for so much.
pub fn reserved<T>(sizes: &[usize]) -> Result<Vec<T>> {
    let count = sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    let mut vector = Vec::new();
    match count.is_some_and(|count| vector.try_reserve_exact(count).is_ok()) {
        true => Ok(vector),
        false => Err(ModelFileError::OutOfMemory),
    }
}

/// As many zeros as the product of some sizes.
///
/// # Errors
/// If there is no memory for so much.
pub fn zeros<T: Clone + Default>(sizes: &[usize]) -> Result<Vec<T>> {
    let mut vector = reserved(sizes)?;
    vector.resize(sizes.iter().product(), T::default());
    Ok(vector)
}

/// A matrix of zeros, to be filled row by row.
///
/// # Errors
/// If there is no memory for so much.
pub fn packed(format: PackedFormat, rows: usize, columns: usize) -> Result<PackedMatrix> {
    PackedMatrix::zeros(format, rows, columns)
        .map_err(|OutOfMemory| ModelFileError::OutOfMemory)
}

/// Whether there is memory for so many bytes at once. A library that asks for it next, and
/// cannot say that there is none, then finds it.
///
/// # Errors
/// If there is not.
pub fn check_room(bytes: usize) -> Result<()> {
    let room = reserved::<u8>(&[bytes])?;
    // A compiler may leave out memory that nobody uses.
    std::hint::black_box(room);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused() {
        assert_eq!(zeros::<f32>(&[3, 2]).unwrap(), [0.0; 6]);
        assert!(zeros::<f32>(&[0, usize::MAX]).unwrap().is_empty());
        for sizes in [&[usize::MAX, 2][..], &[1 << 31, 1 << 31, 4], &[usize::MAX / 8]] {
            let refused = zeros::<u64>(sizes).unwrap_err();
            assert!(matches!(refused, ModelFileError::OutOfMemory), "{sizes:?}");
        }
        for (rows, columns) in [(usize::MAX, 1), (1 << 40, 1 << 40), (1 << 30, 1 << 30)] {
            let refused = packed(PackedFormat::Q8, rows, columns).unwrap_err();
            assert!(matches!(refused, ModelFileError::OutOfMemory), "{rows}, {columns}");
        }
    }
}
