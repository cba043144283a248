//! Allocations that may fail.

/// There is not enough memory for what was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is not enough memory")]
pub struct OutOfMemory;

/// An empty vector with room for `count` elements.
pub(crate) fn try_with_capacity<T>(count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(count).map_err(|_| OutOfMemory)?;
    Ok(vector)
}
