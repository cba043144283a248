//! The header of a GGUF file: metadata, and the locations of tensors.
//!
//! Format: ggml's `docs/gguf.md`, versions 2 and 3, little-endian. The file is read from
//! a borrowed slice and its tensor data is never copied. Every length in it is checked
//! against the bytes that are there before anything is allocated.

mod array;
mod error;
mod header;
mod kind;
mod reader;
mod tensor;
mod tensor_type;
mod value;

use std::collections::HashMap;

pub use array::{Array, Numbers, Strings};
pub use error::GgufError;
pub use header::read_header;
pub use tensor::TensorInfo;
pub use tensor_type::TensorType;
pub use value::Value;

use reader::Reader;

/// The alignment of tensor data in bytes if the file does not say.
const DEFAULT_ALIGNMENT: usize = 32;
/// The least size of a metadata entry: a key's length, a type, and one byte of value.
const MIN_ENTRY_BYTES: usize = 8 + 4 + 1;

/// The header of a GGUF file.
///
/// ```
/// use model_files::gguf::Gguf;
///
/// // Version 3, no tensors, one entry: general.name = "tiny".
/// let mut file = b"GGUF".to_vec();
/// file.extend(3u32.to_le_bytes());
/// file.extend([0u64, 1].map(u64::to_le_bytes).concat());
/// file.extend(12u64.to_le_bytes());
/// file.extend(b"general.name");
/// file.extend(8u32.to_le_bytes());
/// file.extend(4u64.to_le_bytes());
/// file.extend(b"tiny");
/// file.resize(file.len().next_multiple_of(32), 0);
/// assert_eq!(Gguf::parse(&file)?.string("general.name")?, "tiny");
/// # Ok::<(), model_files::gguf::GgufError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gguf {
    metadata: HashMap<String, Value>,
    tensors: Vec<TensorInfo>,
    by_name: HashMap<String, usize>,
}

impl Gguf {
    /// Reads the header of a whole file.
    ///
    /// # Errors
    /// If the file is not GGUF, is cut short, or contradicts itself: duplicate names,
    /// tensors that overlap or are outside of the file, unknown types.
    pub fn parse(bytes: &[u8]) -> Result<Gguf, GgufError> {
        Gguf::parse_start(bytes, bytes.len() as u64)
    }

    /// Reads the header of a file of `file_bytes` bytes that begins with `start`. If the
    /// header needs more bytes, [`GgufError::CutShort`] says how many at least.
    ///
    /// # Errors
    /// As those of [`parse`](Self::parse).
    pub fn parse_start(start: &[u8], file_bytes: u64) -> Result<Gguf, GgufError> {
        let mut reader = Reader::new(start, file_bytes);
        if reader.take(4).ok() != Some(b"GGUF") {
            return Err(GgufError::NotGguf);
        }
        match reader.u32()? {
            2 | 3 => (),
            version if matches!(version.swap_bytes(), 1..=3) => {
                return Err(GgufError::BigEndian);
            }
            version => return Err(GgufError::Version(version)),
        }
        let tensor_count = reader.count(tensor::MIN_BYTES)?;
        let entry_count = reader.count(MIN_ENTRY_BYTES)?;

        let mut metadata = HashMap::new();
        for _ in 0..entry_count {
            let key = reader.utf8("a metadata key")?.to_owned();
            let value = Value::read(&mut reader, &key)?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(GgufError::Duplicate { name: key });
            }
        }
        let gguf = Gguf { metadata, tensors: Vec::new(), by_name: HashMap::new() };
        let alignment = gguf.alignment()?;
        let tensors = tensor::read_all(&mut reader, tensor_count, alignment)?;
        let mut by_name = HashMap::with_capacity(tensors.len());
        for (index, tensor) in tensors.iter().enumerate() {
            if by_name.insert(tensor.name.clone(), index).is_some() {
                return Err(GgufError::Duplicate { name: tensor.name.clone() });
            }
        }
        Ok(Gguf { tensors, by_name, ..gguf })
    }

    /// The tensors, in the order of the file's list.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The tensor of this name; `None` if there is none.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.by_name.get(name).map(|index| &self.tensors[*index])
    }

    /// The metadata's keys and values, in any order.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.metadata.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value of a key; `None` if it is missing.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// The text of a key. Bytes that are not UTF-8 were replaced by U+FFFD.
    ///
    /// # Errors
    /// If the key is missing or has another type.
    pub fn string(&self, key: &str) -> Result<&str, GgufError> {
        self.typed(key, "a string", Value::as_str)
    }

    /// The size or index of a key, an integer of any width.
    ///
    /// # Errors
    /// If the key is missing, is not an integer, or does not fit.
    pub fn usize(&self, key: &str) -> Result<usize, GgufError> {
        self.typed(key, "a size", Value::as_usize)
    }

    /// The number of a key, of any width, as floating point.
    ///
    /// # Errors
    /// If the key is missing or is not a number.
    pub fn f64(&self, key: &str) -> Result<f64, GgufError> {
        self.typed(key, "a number", Value::as_f64)
    }

    /// The boolean of a key.
    ///
    /// # Errors
    /// If the key is missing or has another type.
    pub fn bool(&self, key: &str) -> Result<bool, GgufError> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// The strings of a key.
    ///
    /// # Errors
    /// If the key is missing or has another type.
    pub fn strings(&self, key: &str) -> Result<&Strings, GgufError> {
        self.typed(key, "an array of strings", Value::as_strings)
    }

    /// The numbers of a key.
    ///
    /// # Errors
    /// If the key is missing or has another type.
    pub fn numbers(&self, key: &str) -> Result<&Numbers, GgufError> {
        self.typed(key, "an array of numbers", Value::as_numbers)
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &'static str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, GgufError> {
        let value = self
            .metadata
            .get(key)
            .ok_or_else(|| GgufError::MissingKey { key: key.to_owned() })?;
        convert(value)
            .ok_or_else(|| GgufError::WrongType { key: key.to_owned(), expected })
    }

    fn alignment(&self) -> Result<usize, GgufError> {
        const KEY: &str = "general.alignment";
        if self.get(KEY).is_none() {
            return Ok(DEFAULT_ALIGNMENT);
        }
        let alignment = self.usize(KEY)?;
        match alignment.is_power_of_two() {
            true => Ok(alignment),
            false => Err(GgufError::Alignment { alignment }),
        }
    }
}
