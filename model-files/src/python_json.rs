//! JSON as Python writes and reads it, for the files beside a model's weights.
//!
//! It extends the standard by NaN, Infinity and -Infinity, numbers too large for an f64,
//! duplicate names in an object (the last counts) and unpaired surrogates. Standard JSON
//! keeps its meaning.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Result, Value};

/// Reads a value. NaN and infinite numbers become strings with their names, so that they
/// do no harm if they are not used and are not taken for numbers if they are. An unpaired
/// surrogate becomes U+FFFD.
///
/// # Errors
/// If Python could not read it either, it is nested more than about 100 deep, or it does
/// not fit `T`.
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    // Through a value, because a duplicate name is an error for types with fields.
    let value: Value = serde_json::from_slice(&to_standard(json))?;
    serde_json::from_value(value)
}

/// Converts to standard JSON, except that duplicate names stay.
fn to_standard(json: &[u8]) -> Cow<'_, [u8]> {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let mut result = Vec::new();
    // `json[..copied]` is in the result already.
    let (mut copied, mut at) = (0, 0);
    while at < json.len() {
        let (length, replacement) = match json[at] {
            b'"' => string(&json[at..]),
            b'-' | b'0'..=b'9' | b'N' | b'I' => number(&json[at..]),
            _ => (1, None),
        };
        if let Some(replacement) = replacement {
            result.extend_from_slice(&json[copied..at]);
            result.extend_from_slice(&replacement);
            copied = at + length;
        }
        at += length;
    }
    if copied == 0 {
        return json.into();
    }
    result.extend_from_slice(&json[copied..]);
    result.into()
}

/// The length of the string at the beginning of `json`, and its replacement if it needs
/// one.
fn string(json: &[u8]) -> (usize, Option<Vec<u8>>) {
    let mut replacement: Option<Vec<u8>> = None;
    let mut at = 1;
    while at < json.len() {
        let length = match &json[at..] {
            [b'"', ..] => {
                if let Some(text) = &mut replacement {
                    text.push(b'"');
                }
                return (at + 1, replacement);
            }
            [b'\\', b'u', ..] => match (unit(json, at), unit(json, at + 6)) {
                (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
                (Some(0xD800..0xE000), _) => {
                    let text = replacement.get_or_insert_with(|| json[..at].to_vec());
                    text.extend_from_slice(br"\ufffd");
                    at += 6;
                    continue;
                }
                _ => 2,
            },
            [b'\\', _, ..] => 2,
            _ => 1,
        };
        let end = json.len().min(at + length);
        if let Some(text) = &mut replacement {
            text.extend_from_slice(&json[at..end]);
        }
        at = end;
    }
    (at, None)
}

/// The UTF-16 unit of an escape `\uXXXX`; `None` if there is no such escape.
fn unit(json: &[u8], at: usize) -> Option<u32> {
    let digits = json.get(at..)?.strip_prefix(br"\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
}

/// The length of the number at the beginning of `json`, and its name as a string if it is
/// not finite.
fn number(json: &[u8]) -> (usize, Option<Vec<u8>>) {
    for name in ["NaN", "Infinity", "-Infinity"] {
        if json.starts_with(name.as_bytes()) {
            return (name.len(), Some(format!("\"{name}\"").into_bytes()));
        }
    }
    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = json.iter().take_while(|byte| part(byte)).count();
    let text = std::str::from_utf8(&json[..length]).unwrap_or_default();
    let name = match text.parse::<f64>() {
        Ok(f64::INFINITY) => "\"Infinity\"",
        Ok(f64::NEG_INFINITY) => "\"-Infinity\"",
        _ => return (length.max(1), None),
    };
    (length, Some(name.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<Value> {
        from_slice(text.as_bytes()).ok()
    }

    #[test]
    fn pythons_extensions_of_json_are_read() {
        let text = r#"{"a": [NaN, Infinity,-Infinity], "b": 1e999, "c": -1e999}"#;
        let expected = json!({
            "a": ["NaN", "Infinity", "-Infinity"], "b": "Infinity", "c": "-Infinity"
        });
        assert_eq!(read(text), Some(expected));
        assert_eq!(read(r#"{"a": 1, "b": 2, "a": 3}"#), Some(json!({"a": 3, "b": 2})));
        assert_eq!(read("\u{FEFF}[1e3]"), Some(json!([1e3])));
        let long = "9".repeat(400);
        assert_eq!(read(&long), Some(json!("Infinity")));
    }

    #[test]
    fn strings_are_not_changed_except_for_unpaired_surrogates() {
        let text =
            r#"["NaN", "a \"Infinity\" 1e999", "\\", "\ud83d\ude00é😀", Infinity]"#;
        let expected = json!(["NaN", "a \"Infinity\" 1e999", "\\", "😀é😀", "Infinity"]);
        assert_eq!(read(text), Some(expected));
        let halves = r#"["\ud83d", "\ude00\u0041", "\ud83dA\\", "\ud83d\ud83d\ude00"]"#;
        let expected = json!(["\u{FFFD}", "\u{FFFD}A", "\u{FFFD}A\\", "\u{FFFD}😀"]);
        assert_eq!(read(halves), Some(expected));
    }

    #[test]
    fn invalid_json_is_refused() {
        let texts = [
            "",
            "{",
            "[1,]",
            "nan",
            "inf",
            "[+1]",
            "-",
            "NaNN",
            "\"",
            r#""\"#,
            r#""\u"#,
            r#""\ud83d"#,
            r#"["\ud8"]"#,
            r#"["\ud83d\u"]"#,
            "[1e]",
            "{'a': 1}",
            "[--1]",
        ];
        for text in texts {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(from_slice::<Value>(b"[\"\xFF\"]").is_err());
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep), None);
    }

    #[test]
    fn standard_json_is_not_copied() {
        let text = br#"{"a": [1, 2.5, -3e7, "x\u00e9"], "b": null}"#;
        assert!(matches!(to_standard(text), Cow::Borrowed(_)));
    }
}
