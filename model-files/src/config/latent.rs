//! Multi-head latent attention (DeepSeek-V2; arXiv:2405.04434): keys and values of all heads
//! come from one narrow projection, and one part of each key, which has the positions, is the
//! same for all heads.

use crate::error::{Result, invalid_config};

/// The sizes of latent attention. Of a head's D channels, the last are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latent {
    /// The width of the narrow projection of queries; `None` if they have one matrix.
    pub query_rank: Option<usize>,
    /// The width of the narrow projection of keys and values.
    pub rank: usize,
    /// R, the rotated channels of a query or key.
    pub rotated: usize,
    /// The channels of a value.
    pub value_width: usize,
}

impl Latent {
    /// The channels of a head, of `head_dim`, that are not rotated.
    pub fn plain(&self, head_dim: usize) -> usize {
        head_dim - self.rotated
    }

    pub(super) fn check(&self, head_dim: usize) -> Result<()> {
        let ranks = [self.query_rank.unwrap_or(1), self.rank, self.value_width];
        let within = ranks.iter().all(|size| (1..=1 << 16).contains(size));
        match within && (1..head_dim).contains(&self.rotated) {
            true => Ok(()),
            false => Err(invalid_config(format!("attention has sizes {self:?}"))),
        }
    }
}
