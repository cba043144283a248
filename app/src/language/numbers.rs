//! How the language writes numbers.

use super::current::{is_plain, isolates, set_plain, text};
use super::table::numbers;

/// What `make` gives, with numbers as programs read them, whatever the language.
pub(crate) fn with_plain_numbers<T>(make: impl FnOnce() -> T) -> T {
    set_plain(true);
    let made = make();
    set_plain(false);
    made
}

/// A number that is written as in English, as the language writes it.
pub(crate) fn localised(english: &str) -> String {
    let (decimal, group) = separators();
    let mut text = String::new();
    for c in english.chars() {
        match c {
            '.' => text += decimal,
            ',' => text += group,
            c => text.push(c),
        }
    }
    text
}

/// The signs before decimals and between thousands.
fn separators() -> (&'static str, &'static str) {
    match is_plain() {
        true => (".", ","),
        false => (numbers::DECIMAL.get(), numbers::GROUP.get()),
    }
}

/// A count with separators between thousands: 49,142.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let (_, group) = separators();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text += group;
        }
        text.push(digit);
    }
    text
}

/// A number with the sign of percent.
pub(crate) fn percent(number: &str) -> String {
    match is_plain() {
        true => format!("{number}%"),
        // One placeholder, without the cost of filling it in: there are many percents.
        false => isolated(text(numbers::PERCENT.number).replace("{0}", number)),
    }
}

/// Something that is read from left to right within any text, such as 1.2×10⁻⁵.
pub(crate) fn isolated(text: String) -> String {
    match isolates() {
        true => format!("\u{2066}{text}\u{2069}"),
        false => text,
    }
}
