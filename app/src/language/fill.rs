//! Texts as the program names them, and how placeholders are filled in.

use std::fmt::{Display, Formatter, Result, Write};
use std::ops::Deref;

use super::current::{category, isolates, text};
use super::numbers::count;

/// A text without placeholders. It reads as a string of the language in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) u16);

/// A text with placeholders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    pub(crate) number: u16,
    /// The names of the placeholders, by number.
    pub(crate) names: &'static [&'static str],
}

/// A text whose form depends on a number, `{count}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plural {
    pub(crate) number: u16,
    /// The names of the other placeholders, by number, from 1.
    pub(crate) names: &'static [&'static str],
}

impl Text {
    /// The text.
    pub(crate) fn get(self) -> &'static str {
        text(self.0)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.get()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.get().to_owned()
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(self.get())
    }
}

impl PartialEq<Text> for String {
    fn eq(&self, text: &Text) -> bool {
        self == text.get()
    }
}

impl PartialEq<Text> for &str {
    fn eq(&self, text: &Text) -> bool {
        *self == text.get()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, text: &&str) -> bool {
        self.get() == *text
    }
}

impl Template {
    /// Fails to compile if these are not the names of the placeholders.
    pub(crate) const fn check(&self, names: &[&str]) {
        check(self.names, names);
    }
}

impl Plural {
    /// Fails to compile if these are not the names of the other placeholders.
    pub(crate) const fn check(&self, names: &[&str]) {
        check(self.names, names);
    }

    /// The text for a number, if nothing else is filled in.
    pub(crate) fn of(self, n: u64) -> String {
        fill_plural(self.number, n, &[])
    }
}

const fn check(table: &[&str], named: &[&str]) {
    assert!(table.len() == named.len(), "the table has other placeholders");
    let mut i = 0;
    while i < table.len() {
        let (a, b) = (table[i].as_bytes(), named[i].as_bytes());
        assert!(a.len() == b.len(), "the table has other placeholders, or another order");
        let mut j = 0;
        while j < a.len() {
            assert!(a[j] == b[j], "the table has other placeholders, or another order");
            j += 1;
        }
        i += 1;
    }
}

/// The template with a number, filled in.
pub(crate) fn fill(number: u16, values: &[&dyn Display]) -> String {
    filled(text(number), values)
}

/// The form for `n` of the plural text with a number, filled in.
pub(crate) fn fill_plural(number: u16, n: u64, values: &[&dyn Display]) -> String {
    let mut forms = text(number).split('\u{1f}').skip(1);
    let (category, mut form) = (category(n), "");
    while let (Some(name), Some(text)) = (forms.next(), forms.next()) {
        form = text;
        if name == category {
            break;
        }
    }
    let shown = count(n);
    let mut all: Vec<&dyn Display> = vec![&shown];
    all.extend(values);
    filled(form, &all)
}

/// A text in which `{0}` stands for the first value, and so on. What is filled in keeps to
/// itself where text runs from right to left: a name or a number turns nothing around it.
fn filled(text: &str, values: &[&dyn Display]) -> String {
    let isolates = isolates();
    let mut filled = String::new();
    let mut parts = text.split('{');
    filled += parts.next().unwrap_or_default();
    for part in parts {
        let (number, rest) = part.split_once('}').unwrap_or(("", part));
        let value = number.parse().ok().and_then(|number: usize| values.get(number));
        let Some(value) = value else { continue };
        // Writing to a string cannot fail.
        let _ = match isolates {
            true => write!(filled, "\u{2068}{value}\u{2069}"),
            false => write!(filled, "{value}"),
        };
        filled += rest;
    }
    filled
}
