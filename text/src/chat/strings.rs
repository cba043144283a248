//! Methods of Python's `str` that change a text.

use minijinja::value::{Value, from_args};
use minijinja::{Error, ErrorKind, State};

/// `splitlines`; `keep` keeps the line ends.
pub(super) fn lines(text: &str, keep: bool) -> Value {
    const ENDS: [char; 10] = [
        '\n', '\r', '\u{B}', '\u{C}', '\u{1C}', '\u{1D}', '\u{1E}', '\u{85}', '\u{2028}',
        '\u{2029}',
    ];
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find(ENDS) {
        let tail = &rest[place..];
        let end = match tail.starts_with("\r\n") {
            true => 2,
            false => tail.chars().next().map_or(1, char::len_utf8),
        };
        lines.push(&rest[..if keep { place + end } else { place }]);
        rest = &tail[end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines.into_iter().map(Value::from).collect()
}

/// `ljust`, `rjust`, `center` and `zfill`.
pub(super) fn padded(
    state: &State,
    text: &str,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let (width, fill): (i64, Option<char>) = from_args(args)?;
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(text.chars().count());
    state.consume_fuel(missing as u64 / 16)?;
    let fill = |count: usize| fill.unwrap_or(' ').to_string().repeat(count);
    Ok(Value::from(match method {
        "ljust" => format!("{text}{}", fill(missing)),
        "rjust" => format!("{}{text}", fill(missing)),
        "center" => {
            let left = missing / 2 + (missing & width & 1);
            format!("{}{text}{}", fill(left), fill(missing - left))
        }
        _ => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let sign = &text[..text.len() - digits.len()];
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
    }))
}

/// `expandtabs` with tabs of `size` columns.
pub(super) fn expanded(text: &str, size: usize) -> String {
    let mut result = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let spaces = if size == 0 { 0 } else { size - column % size };
                result.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\n' | '\r' => {
                result.push(character);
                column = 0;
            }
            _ => {
                result.push(character);
                column += 1;
            }
        }
    }
    result
}

/// The character in the other case.
pub(super) fn swapped(character: char) -> String {
    match character.is_uppercase() {
        true => character.to_lowercase().collect(),
        false => character.to_uppercase().collect(),
    }
}

/// `title`: the first letter of each word in upper case, all others in lower case.
pub(super) fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut in_word = false;
    for character in text.chars() {
        match in_word {
            true => result.extend(character.to_lowercase()),
            false => result.extend(character.to_uppercase()),
        }
        in_word = is_cased(character);
    }
    result
}

/// Whether a character is in upper or lower case.
pub(super) fn is_cased(character: char) -> bool {
    character.is_lowercase() || character.is_uppercase()
}

/// Whether Python takes a character for white space.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&character)
}

/// Checks that a separator is not empty.
pub(super) fn not_empty(separator: &str) -> Result<&str, Error> {
    match separator {
        "" => Err(invalid("the separator is empty")),
        separator => Ok(separator),
    }
}

/// The error of a call with arguments that do not fit.
pub(super) fn invalid(problem: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
