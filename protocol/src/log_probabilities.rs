//! A whole distribution, as compact as a message can have it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::Timings;

/// ln p of every token of the vocabulary, so that engines, precisions and models can be held
/// against each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogProbabilities {
    /// How many tokens precede the one that the distribution is of.
    pub position: u32,
    /// How many tokens the distribution is over.
    pub vocab_size: u32,
    /// ln p by rising id: 32-bit floats, little-endian, in base64 (RFC 4648) without padding.
    pub base64: String,
    /// What this answer cost.
    pub timings: Timings,
}

impl LogProbabilities {
    /// Packs the numbers of all tokens.
    pub fn pack(position: u32, values: &[f32]) -> LogProbabilities {
        let bytes: Vec<u8> =
            values.iter().flat_map(|value| value.to_le_bytes()).collect();
        LogProbabilities {
            position,
            vocab_size: values.len() as u32,
            base64: STANDARD_NO_PAD.encode(&bytes),
            timings: Timings::default(),
        }
    }

    /// The numbers of all tokens; none if they are damaged or not as many as they should be.
    pub fn values(&self) -> Option<Vec<f32>> {
        let bytes = STANDARD_NO_PAD.decode(&self.base64).ok()?;
        let (values, rest) = bytes.as_chunks::<4>();
        let whole = rest.is_empty() && values.len() == self.vocab_size as usize;
        whole.then(|| values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_by_bit_and_damage_is_seen() {
        let values = [-0.5f32, -103.25, f32::NEG_INFINITY, -1e-30, 0.0];
        let packed = LogProbabilities::pack(3, &values);
        assert_eq!((packed.position, packed.vocab_size), (3, 5));
        assert_eq!(packed.values().as_deref(), Some(&values[..]));
        let cut = LogProbabilities { base64: packed.base64[4..].into(), ..packed };
        assert_eq!(cut.values(), None);
    }
}
