//! Arrays of metadata, as compact as in the file: vocabularies have 10⁵ entries.

use super::GgufError;
use super::reader::Reader;

/// An array of a metadata value. The format's arrays of arrays are refused, as they are
/// by llama.cpp; no key that is in use has one.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// An array of numbers or booleans.
    Numbers(Numbers),
    /// An array of strings.
    Strings(Strings),
}

/// Byte strings end to end; they need not be UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Strings {
    pub(super) fn read(reader: &mut Reader) -> Result<Strings, GgufError> {
        const LENGTH_BYTES: usize = 8;
        let count = reader.count(LENGTH_BYTES)?;
        let mut strings = Strings { bytes: Vec::new(), ends: Vec::with_capacity(count) };
        for _ in 0..count {
            strings.bytes.extend_from_slice(reader.string()?);
            strings.ends.push(strings.bytes.len());
        }
        Ok(strings)
    }

    /// The number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at an index; `None` beyond the last.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// Numbers of one type end to end, as in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    kind: NumberType,
    bytes: Vec<u8>,
}

impl Numbers {
    pub(super) fn read(
        reader: &mut Reader,
        kind: NumberType,
    ) -> Result<Numbers, GgufError> {
        let count = reader.count(kind.bytes())?;
        Ok(Numbers { kind, bytes: reader.take(count * kind.bytes())?.to_vec() })
    }

    /// The number of numbers.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.kind.bytes()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of them as floating point, in order; booleans are 0 and 1.
    pub fn floats(&self) -> impl Iterator<Item = f64> {
        self.decoded().map(|number| match number {
            Number::Unsigned(number) => number as f64,
            Number::Signed(number) => number as f64,
            Number::Float(number) => number,
            Number::Bool(switch) => f64::from(u8::from(switch)),
        })
    }

    /// All of them as integers, in order; `None` for one that is not an integer or does
    /// not fit.
    pub fn integers(&self) -> impl Iterator<Item = Option<i64>> {
        self.decoded().map(|number| match number {
            Number::Unsigned(number) => i64::try_from(number).ok(),
            Number::Signed(number) => Some(number),
            Number::Float(_) | Number::Bool(_) => None,
        })
    }

    fn decoded(&self) -> impl Iterator<Item = Number> {
        self.bytes.chunks_exact(self.kind.bytes()).map(|bytes| self.kind.decode(bytes))
    }
}

/// The format's types of fixed width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberType {
    Unsigned { bytes: usize },
    Signed { bytes: usize },
    Float32,
    Float64,
    Bool,
}

/// A number in the widest type of its kind.
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
}

impl NumberType {
    /// The type of a `gguf_metadata_value_type`; `None` if it is not one of fixed width.
    pub(super) fn from_code(code: u32) -> Option<NumberType> {
        use NumberType as T;
        Some(match code {
            0 => T::Unsigned { bytes: 1 },
            1 => T::Signed { bytes: 1 },
            2 => T::Unsigned { bytes: 2 },
            3 => T::Signed { bytes: 2 },
            4 => T::Unsigned { bytes: 4 },
            5 => T::Signed { bytes: 4 },
            6 => T::Float32,
            7 => T::Bool,
            10 => T::Unsigned { bytes: 8 },
            11 => T::Signed { bytes: 8 },
            12 => T::Float64,
            _ => return None,
        })
    }

    /// The width in bytes.
    pub(super) fn bytes(self) -> usize {
        match self {
            NumberType::Unsigned { bytes } | NumberType::Signed { bytes } => bytes,
            NumberType::Float32 => 4,
            NumberType::Float64 => 8,
            NumberType::Bool => 1,
        }
    }

    /// Decodes a number from its little-endian bytes, as many as the type is wide.
    pub(super) fn decode(self, bytes: &[u8]) -> Number {
        let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        match self {
            NumberType::Unsigned { .. } => Number::Unsigned(bits),
            NumberType::Signed { bytes } => {
                let unused = u64::BITS - 8 * bytes as u32;
                Number::Signed((bits << unused) as i64 >> unused)
            }
            NumberType::Float32 => Number::Float(f32::from_bits(bits as u32).into()),
            NumberType::Float64 => Number::Float(f64::from_bits(bits)),
            NumberType::Bool => Number::Bool(bits != 0),
        }
    }
}
