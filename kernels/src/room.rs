//! Memory that may be refused.

use std::fmt;

/// There is no memory for so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is not enough memory")
    }
}

impl std::error::Error for NoRoom {}

/// An empty vector with room for so many.
pub(crate) fn reserved<T>(count: usize) -> Result<Vec<T>, NoRoom> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(count).map_err(|_| NoRoom)?;
    Ok(vector)
}
