//! Fallible allocation, for sizes that come from files and texts: products are checked
//! for overflow, and a failed allocation is an error. In a browser it would otherwise end
//! the worker.

use kernels::{OutOfMemory, PackedFormat, PackedMatrix};

use crate::error::{ModelFileError, Result};

/// An empty vector with capacity for the product of `sizes`.
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

/// A vector of zeros, as many as the product of `sizes`.
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

/// Checks that `bytes` bytes can be allocated at once, for a library that cannot report a
/// failed allocation.
///
/// # Errors
/// If they cannot.
pub fn check_room(bytes: usize) -> Result<()> {
    let room = reserved::<u8>(&[bytes])?;
    // Keeps the compiler from removing the unused allocation.
    std::hint::black_box(room);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_any_memory_are_errors() {
        assert_eq!(zeros::<f32>(&[3, 2]).unwrap(), [0.0; 6]);
        assert!(zeros::<f32>(&[0, usize::MAX]).unwrap().is_empty());
        for sizes in [&[usize::MAX, 2][..], &[1 << 31, 1 << 31, 4], &[usize::MAX / 8]] {
            let refused = zeros::<u64>(sizes).unwrap_err();
            assert!(matches!(refused, ModelFileError::OutOfMemory), "{sizes:?}");
        }
        for (rows, columns) in [(usize::MAX, 1), (1 << 40, 1 << 40), (1 << 30, 1 << 30)] {
            let refused = packed(PackedFormat::Q8_0, rows, columns).unwrap_err();
            assert!(matches!(refused, ModelFileError::OutOfMemory), "{rows}, {columns}");
        }
    }
}
