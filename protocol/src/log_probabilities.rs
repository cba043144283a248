//! A whole distribution, as compact as a message can have it.

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

const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl LogProbabilities {
    /// Packs the numbers of all tokens.
    pub fn pack(position: u32, values: &[f32]) -> LogProbabilities {
        let bytes: Vec<u8> =
            values.iter().flat_map(|value| value.to_le_bytes()).collect();
        LogProbabilities {
            position,
            vocab_size: values.len() as u32,
            base64: encode(&bytes),
            timings: Timings::default(),
        }
    }

    /// The numbers of all tokens; none if they are damaged or not as many as they should be.
    pub fn values(&self) -> Option<Vec<f32>> {
        let bytes = decode(&self.base64)?;
        let (values, rest) = bytes.as_chunks::<4>();
        let whole = rest.is_empty() && values.len() == self.vocab_size as usize;
        whole.then(|| values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..=group.len() {
            let digit = bits >> (18 - 6 * index) & 63;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for index in 0..4 {
            let value = group.get(index).map_or(Some(0), |letter| digit(*letter))?;
            bits = bits << 6 | value as u32;
        }
        // A group of n letters has n − 1 bytes; one of a single letter has none.
        let whole = group.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standards_own_examples() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(text.as_bytes()), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decode("Zm9vY"), None);
        assert_eq!(decode("Z!9v"), None);
    }

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
