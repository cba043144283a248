//! Values as Python writes them: `str` of lists and maps, which is the `repr` of what they
//! hold. Fuel bounds how much is written: a few lists that hold each other twice can give
//! text without end.

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Error, State};

use super::strings::invalid;

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 100;
/// Bytes that cost one unit of fuel.
const BYTES_PER_FUEL: usize = 64;
/// Values that cost one unit of fuel to be counted.
const VALUES_PER_FUEL: u64 = 16;

/// A value as Python's `str` has it.
///
/// # Errors
/// If it is nested too deep, or there is too much of it.
pub(super) fn text(state: &State, value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    if value.is_undefined() {
        return Ok(String::new());
    }
    let mut writer = Writer { state, text: String::new(), paid: 0 };
    writer.value(value, 0)?;
    Ok(writer.text)
}

/// Counts the values that a value holds, nested ones included, as often as they are there.
///
/// # Errors
/// If they are nested too deep, or there are too many.
pub(super) fn check_size(state: &State, value: &Value) -> Result<(), Error> {
    visit(state, value, 0, &mut 0)
}

fn visit(
    state: &State,
    value: &Value,
    depth: usize,
    count: &mut u64,
) -> Result<(), Error> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(invalid("a value is nested too deep"));
    }
    let Ok(items) = value.try_iter() else { return Ok(()) };
    let is_map = value.kind() == ValueKind::Map;
    for item in items {
        *count += 1;
        if count.is_multiple_of(VALUES_PER_FUEL) {
            state.consume_fuel(1)?;
        }
        let item = if is_map { value.get_item(&item)? } else { item };
        visit(state, &item, depth + 1, count)?;
    }
    Ok(())
}

struct Writer<'a, 'env, 'b> {
    state: &'a State<'env, 'b>,
    text: String,
    /// Bytes of the text that fuel was consumed for.
    paid: usize,
}

impl Writer<'_, '_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(invalid("a value is nested too deep to be written"));
        }
        let unpaid = self.text.len() - self.paid;
        self.state.consume_fuel(1 + (unpaid / BYTES_PER_FUEL) as u64)?;
        self.paid = self.text.len();
        match value.kind() {
            ValueKind::Undefined => self.text.push_str("Undefined"),
            ValueKind::None => self.text.push_str("None"),
            ValueKind::Bool => {
                self.text.push_str(if value.is_true() { "True" } else { "False" });
            }
            ValueKind::Number => self.text.push_str(&number(value)),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Map => self.map(value, depth)?,
            ValueKind::Seq | ValueKind::Iterable => self.list(value, depth)?,
            _ => self.text.push_str(&value.to_string()),
        }
        Ok(())
    }

    fn list(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let is_tuple = value.downcast_object_ref::<Tuple>().is_some();
        let (open, close) = if is_tuple { ('(', ')') } else { ('[', ']') };
        self.text.push(open);
        let mut count = 0;
        for item in value.try_iter()? {
            self.text.push_str(if count > 0 { ", " } else { "" });
            self.value(&item, depth + 1)?;
            count += 1;
        }
        if is_tuple && count == 1 {
            self.text.push(',');
        }
        self.text.push(close);
        Ok(())
    }

    fn map(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        self.text.push('{');
        for (index, key) in value.try_iter()?.enumerate() {
            self.text.push_str(if index > 0 { ", " } else { "" });
            self.value(&key, depth + 1)?;
            self.text.push_str(": ");
            self.value(&value.get_item(&key)?, depth + 1)?;
        }
        self.text.push('}');
        Ok(())
    }

    fn string(&mut self, text: &str) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        self.text.push(quote);
        for c in text.chars() {
            match c {
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                c if c == quote => self.text.extend(['\\', c]),
                c if is_printable(c) => self.text.push(c),
                c => self.text.push_str(&match u32::from(c) {
                    code @ 0..=0xFF => format!("\\x{code:02x}"),
                    code @ 0x100..=0xFFFF => format!("\\u{code:04x}"),
                    code => format!("\\U{code:08x}"),
                }),
            }
        }
        self.text.push(quote);
    }
}

/// A number as Python writes it.
fn number(value: &Value) -> String {
    let number = f64::try_from(value.clone()).ok().filter(|_| !value.is_integer());
    let Some(number) = number else { return value.to_string() };
    if number.is_nan() {
        return "nan".into();
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

/// Whether Python's `repr` leaves a character as it is. Unassigned ones are left, too.
fn is_printable(c: char) -> bool {
    let is_format = matches!(
        u32::from(c),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x890..=0x891 | 0x8E2 | 0x180E
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0x2066..=0x206F
            | 0xE000..=0xF8FF | 0xFEFF | 0xFFF9..=0xFFFB | 0x110BD | 0x110CD
            | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0001
            | 0xE0020..=0xE007F | 0xF0000..=0x10FFFF
    );
    c == ' ' || !(is_format || c.is_control() || c.is_whitespace())
}
