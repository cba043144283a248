//! A metadata value.

use super::GgufError;
use super::array::{Array, Number, NumberType, Numbers, Strings};
use super::reader::Reader;

/// A metadata value. Numbers are in the widest type of their kind, without loss.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `uint8` to `uint64`.
    Unsigned(u64),
    /// `int8` to `int64`.
    Signed(i64),
    /// `float32` and `float64`.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `string`; bytes that are not UTF-8 are replaced by U+FFFD.
    String(String),
    /// `array`.
    Array(Array),
}

impl Value {
    /// Reads a type and a value; `key` names it in errors.
    pub(super) fn read(reader: &mut Reader, key: &str) -> Result<Value, GgufError> {
        const STRING: u32 = 8;
        const ARRAY: u32 = 9;
        match reader.u32()? {
            STRING => {
                let text = String::from_utf8_lossy(reader.string()?);
                Ok(Value::String(text.into_owned()))
            }
            ARRAY => match reader.u32()? {
                STRING => Ok(Value::Array(Array::Strings(Strings::read(reader)?))),
                code => {
                    let kind =
                        NumberType::from_code(code).ok_or_else(|| unknown(key, code))?;
                    Ok(Value::Array(Array::Numbers(Numbers::read(reader, kind)?)))
                }
            },
            code => {
                let kind =
                    NumberType::from_code(code).ok_or_else(|| unknown(key, code))?;
                let number = kind.decode(reader.take(kind.bytes())?);
                Ok(match number {
                    Number::Unsigned(number) => Value::Unsigned(number),
                    Number::Signed(number) => Value::Signed(number),
                    Number::Float(number) => Value::Float(number),
                    Number::Bool(switch) => Value::Bool(switch),
                })
            }
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is an integer that fits.
    pub fn as_usize(&self) -> Option<usize> {
        match self {
            Value::Unsigned(number) => usize::try_from(*number).ok(),
            Value::Signed(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The number, if it is one. Integers above 2⁵³ are rounded.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Unsigned(number) => Some(*number as f64),
            Value::Signed(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(switch) => Some(*switch),
            _ => None,
        }
    }

    /// The strings, if it is an array of them.
    pub fn as_strings(&self) -> Option<&Strings> {
        match self {
            Value::Array(Array::Strings(strings)) => Some(strings),
            _ => None,
        }
    }

    /// The numbers, if it is an array of them.
    pub fn as_numbers(&self) -> Option<&Numbers> {
        match self {
            Value::Array(Array::Numbers(numbers)) => Some(numbers),
            _ => None,
        }
    }
}

fn unknown(key: &str, code: u32) -> GgufError {
    GgufError::ValueType { key: key.to_owned(), code }
}
