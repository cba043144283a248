//! The `tojson` filter as transformers defines it: Python's `json.dumps`, with spaces
//! after commas and colons and without escapes for HTML.

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 100;

/// Writes a value as JSON. Options with defaults: `ensure_ascii` (false), `indent`
/// (none), `separators` and `sort_keys` (false).
pub(super) fn to_json(
    state: &State,
    value: &Value,
    options: Kwargs,
) -> Result<String, Error> {
    let indent = indent(options.get("indent")?);
    let ascii = options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false);
    let sort = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    let comma = if indent.is_some() { "," } else { ", " };
    let (comma, colon) =
        match options.get::<Option<Vec<String>>>("separators")?.as_deref() {
            None => (comma.to_owned(), ": ".to_owned()),
            Some([comma, colon]) => (comma.clone(), colon.clone()),
            Some(_) => return Err(invalid("separators must be two strings")),
        };
    options.assert_all_used()?;
    let text = String::new();
    let mut writer =
        Writer { state, text, indent, ascii, sort, comma, colon, paid_bytes: 0 };
    writer.value(value, 0)?;
    Ok(writer.text)
}

/// The indentation of each level of nesting; `None` if everything is on one line.
fn indent(option: Option<Value>) -> Option<String> {
    let option = option.filter(|value| !value.is_none())?;
    // The number is bounded, as it costs memory.
    match usize::try_from(option.clone()) {
        Ok(spaces) => Some(" ".repeat(spaces.min(64))),
        Err(_) => option.as_str().map(str::to_owned),
    }
}

struct Writer<'a, 'env, 'b> {
    state: &'a State<'env, 'b>,
    text: String,
    indent: Option<String>,
    ascii: bool,
    sort: bool,
    comma: String,
    colon: String,
    /// Bytes of `text` that fuel was consumed for.
    paid_bytes: usize,
}

impl Writer<'_, '_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(invalid("a value is nested too deep for JSON"));
        }
        // A few values that contain each other twice can give unlimited text.
        let unpaid_bytes = self.text.len() - self.paid_bytes;
        self.state.consume_fuel(1 + unpaid_bytes as u64 / 64)?;
        self.paid_bytes = self.text.len();
        match value.kind() {
            ValueKind::None => self.text.push_str("null"),
            ValueKind::Bool => {
                self.text.push_str(if value.is_true() { "true" } else { "false" });
            }
            ValueKind::Number => self.number(value),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                self.open('[');
                for (index, item) in value.try_iter()?.enumerate() {
                    self.item(index, depth);
                    self.value(&item, depth + 1)?;
                }
                self.close(']', depth);
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sort {
                    keys.sort();
                }
                self.open('{');
                for (index, key) in keys.iter().enumerate() {
                    self.item(index, depth);
                    self.key(key)?;
                    self.text.push_str(&self.colon);
                    self.value(&value.get_item(key)?, depth + 1)?;
                }
                self.close('}', depth);
            }
            kind => return Err(invalid(&format!("{kind} cannot be written as JSON"))),
        }
        Ok(())
    }

    fn open(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// Writes what precedes an item.
    fn item(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.text.push_str(&self.comma);
        }
        self.line(depth + 1);
    }

    fn close(&mut self, bracket: char, depth: usize) {
        if !self.text.ends_with(['[', '{']) {
            self.line(depth);
        }
        self.text.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.text.push('\n');
            (0..depth).for_each(|_| self.text.push_str(indent));
        }
    }

    fn key(&mut self, key: &Value) -> Result<(), Error> {
        match key.kind() {
            ValueKind::String => self.string(key.as_str().unwrap_or_default()),
            ValueKind::Number | ValueKind::Bool | ValueKind::None => {
                self.text.push('"');
                self.value(key, 0)?;
                self.text.push('"');
            }
            kind => return Err(invalid(&format!("{kind} cannot be a key of JSON"))),
        }
        Ok(())
    }

    /// Integral floating-point numbers keep their `.0`, as in Python.
    fn number(&mut self, value: &Value) {
        let text = value.to_string();
        self.text.push_str(match text.as_str() {
            "inf" => "Infinity",
            "-inf" => "-Infinity",
            text if text.eq_ignore_ascii_case("nan") => "NaN",
            text => text,
        });
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{C}' => self.text.push_str("\\f"),
                c if c < ' ' || self.ascii && !c.is_ascii() => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

fn invalid(problem: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem.to_owned())
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, context};

    use super::*;

    fn check(expression: &str, expected: &str) {
        let mut environment = Environment::new();
        environment.add_filter("tojson", to_json);
        let source =
            format!("{{{{ ({expression}) | tojson }}}}").replace(") | tojson", "");
        let source = source.replace("{{ (", "{{ ");
        assert_eq!(environment.render_str(&source, context! {}).unwrap(), expected);
    }

    #[test]
    fn values_are_written_as_python_writes_them() {
        check(
            r#"{"b": [1, 2.0, none, true], "a": "<é\n\"\u0001>"} | tojson"#,
            r#"{"b": [1, 2.0, null, true], "a": "<é\n\"\u0001>"}"#,
        );
        check(r#"{"b": 1, "a": {}} | tojson(sort_keys=true)"#, r#"{"a": {}, "b": 1}"#);
        check(r#""é😀" | tojson(ensure_ascii=true)"#, r#""\u00e9\ud83d\ude00""#);
        check(r#"[1, [2]] | tojson(separators=[",", ":"])"#, "[1,[2]]");
        check(
            r#"{"a": [1, []], "b": "x"} | tojson(indent=2)"#,
            "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": \"x\"\n}",
        );
    }
}
