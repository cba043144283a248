//! Methods of Python's `str`, `list` and `dict`, as far as they change nothing in place,
//! which transformers does not let templates do either.

use minijinja::value::{Kwargs, Tuple, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Calls a method that minijinja does not have.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let found = match (value.as_str(), value.kind()) {
        (Some(text), _) => of_text(state, text, method, args)?,
        (None, ValueKind::Seq) => of_list(value, method, args)?,
        (None, ValueKind::Map) if method == "copy" => {
            let () = from_args(args)?;
            Some(value.clone())
        }
        _ => None,
    };
    match found {
        Some(result) => Ok(result),
        None => unknown_method_callback(state, value, method, args),
    }
}

/// None if the method is not one of these.
fn of_text(
    state: &State,
    text: &str,
    method: &str,
    args: &[Value],
) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "find" | "index" | "rfind" | "rindex" | "count" => search(text, method, args)?,
        "startswith" | "endswith" => edge(text, method == "startswith", args)?,
        "strip" | "lstrip" | "rstrip" => {
            let (of,): (Option<&str>,) = from_args(args)?;
            let strips = |c: char| of.map_or_else(|| is_space(c), |of| of.contains(c));
            Value::from(match method {
                "strip" => text.trim_matches(strips),
                "lstrip" => text.trim_start_matches(strips),
                _ => text.trim_end_matches(strips),
            })
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(suffix).unwrap_or(text))
        }
        "split" | "rsplit" => split(text, method == "split", args)?,
        "splitlines" => {
            let (keep, kwargs): (Option<bool>, Kwargs) = from_args(args)?;
            let keep = keep.or(kwargs.get("keepends")?).unwrap_or(false);
            kwargs.assert_all_used()?;
            lines(text, keep)
        }
        "partition" | "rpartition" => {
            let (separator,): (&str,) = from_args(args)?;
            let separator = not_empty(separator)?;
            let parts = match method {
                "partition" => match text.split_once(separator) {
                    Some((before, after)) => [before, separator, after],
                    None => [text, "", ""],
                },
                _ => match text.rsplit_once(separator) {
                    Some((before, after)) => [before, separator, after],
                    None => ["", "", text],
                },
            };
            Value::from(Tuple::from(parts.map(Value::from)))
        }
        "ljust" | "rjust" | "center" | "zfill" => padded(state, text, method, args)?,
        "expandtabs" => {
            let (size, kwargs): (Option<usize>, Kwargs) = from_args(args)?;
            let size = size.or(kwargs.get("tabsize")?).unwrap_or(8);
            kwargs.assert_all_used()?;
            let tabs = text.bytes().filter(|byte| *byte == b'\t').count();
            state.consume_fuel((tabs.saturating_mul(size) / 64) as u64)?;
            Value::from(expanded(text, size))
        }
        "swapcase" => {
            let () = from_args(args)?;
            Value::from(text.chars().map(swapped).collect::<String>())
        }
        "casefold" => {
            let () = from_args(args)?;
            Value::from(text.to_lowercase().replace('ß', "ss").replace('ς', "σ"))
        }
        "title" => {
            let () = from_args(args)?;
            Value::from(title(text))
        }
        "istitle" => {
            let () = from_args(args)?;
            Value::from(text.chars().any(is_cased) && title(text) == text)
        }
        "isspace" => {
            let () = from_args(args)?;
            Value::from(!text.is_empty() && text.chars().all(is_space))
        }
        "isdecimal" => {
            let () = from_args(args)?;
            Value::from(!text.is_empty() && text.chars().all(char::is_numeric))
        }
        "isidentifier" => {
            let () = from_args(args)?;
            let word = |c: char| c == '_' || c.is_alphanumeric();
            let starts = text.chars().next().is_some_and(|c| !c.is_numeric());
            Value::from(starts && text.chars().all(word))
        }
        "isprintable" => {
            let () = from_args(args)?;
            let prints = |c: char| c == ' ' || !(c.is_control() || c.is_whitespace());
            Value::from(text.chars().all(prints))
        }
        _ => return Ok(None),
    }))
}

fn of_list(list: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "index" => {
            let (what, start, end): (&Value, Option<i64>, Option<i64>) = from_args(args)?;
            let (start, end) = bounds(list.len().unwrap_or(0), start, end);
            let mut items = list.try_iter()?.enumerate().take(end).skip(start);
            match items.find(|(_, item)| item == what) {
                Some((index, _)) => Value::from(index),
                None => return Err(invalid("the value is not in the list")),
            }
        }
        "copy" => {
            let () = from_args(args)?;
            list.clone()
        }
        _ => return Ok(None),
    }))
}

/// Where a slice of so many items begins and ends; negative numbers count from the end.
fn bounds(length: usize, start: Option<i64>, end: Option<i64>) -> (usize, usize) {
    let place = |at: i64| match at < 0 {
        true => length.saturating_sub(at.unsigned_abs() as usize),
        false => at as usize,
    };
    (place(start.unwrap_or(0)), end.map_or(length, place).min(length))
}

/// The characters from `start` to `end`, and how many come before. None if there is no
/// such place.
fn slice(text: &str, start: Option<i64>, end: Option<i64>) -> Option<(usize, &str)> {
    if (start, end) == (None, None) {
        return Some((0, text));
    }
    let (start, end) = bounds(text.chars().count(), start, end);
    let at = |index| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    (start <= end).then(|| (start, &text[at(start)..at(end)]))
}

fn search(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let (what, start, end): (&str, Option<i64>, Option<i64>) = from_args(args)?;
    let slice = slice(text, start, end);
    if method == "count" {
        return Ok(slice.map_or(0, |(_, part)| part.matches(what).count()).into());
    }
    let place = slice.and_then(|(before, part)| {
        let at = match method.starts_with('r') {
            true => part.rfind(what),
            false => part.find(what),
        };
        Some(before + part[..at?].chars().count())
    });
    match place {
        Some(place) => Ok(place.into()),
        None if method.ends_with("find") => Ok((-1).into()),
        None => Err(invalid("the text was not found")),
    }
}

fn edge(text: &str, at_start: bool, args: &[Value]) -> Result<Value, Error> {
    let (what, start, end): (&Value, Option<i64>, Option<i64>) = from_args(args)?;
    let Some((_, part)) = slice(text, start, end) else { return Ok(false.into()) };
    let has = |value: &Value| match value.as_str() {
        Some(edge) if at_start => Ok(part.starts_with(edge)),
        Some(edge) => Ok(part.ends_with(edge)),
        None => Err(invalid("startswith and endswith take a text or a tuple of texts")),
    };
    match what.kind() {
        ValueKind::Seq => {
            for value in what.try_iter()? {
                if has(&value)? {
                    return Ok(true.into());
                }
            }
            Ok(false.into())
        }
        _ => Ok(has(what)?.into()),
    }
}

fn split(text: &str, from_start: bool, args: &[Value]) -> Result<Value, Error> {
    let (separator, most, kwargs): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
    let separator = separator.or(kwargs.get("sep")?).map(not_empty).transpose()?;
    let most = most.or(kwargs.get("maxsplit")?).unwrap_or(-1);
    kwargs.assert_all_used()?;
    // One more part than there are splits.
    let most = usize::try_from(most).map_or(usize::MAX, |most| most.saturating_add(1));
    let mut parts: Vec<&str> = match (separator, from_start) {
        (Some(separator), true) => text.splitn(most, separator).collect(),
        (Some(separator), false) => text.rsplitn(most, separator).collect(),
        (None, _) => words(text, from_start, most),
    };
    if !from_start {
        parts.reverse();
    }
    Ok(parts.into_iter().map(Value::from).collect())
}

/// At most so many words between white space, from the start or the end on; the last of
/// them is all that is left.
fn words(text: &str, from_start: bool, most: usize) -> Vec<&str> {
    let near = |text: &'_ str| match from_start {
        true => text.len() - text.trim_start_matches(is_space).len(),
        false => text.trim_end_matches(is_space).len(),
    };
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        // White space on the side that words are taken from.
        rest = if from_start { &rest[near(rest)..] } else { &rest[..near(rest)] };
        if rest.is_empty() {
            return words;
        }
        let place = match from_start {
            true => rest.find(is_space),
            false => rest
                .rfind(is_space)
                .map(|at| at + rest[at..].chars().next().map_or(0, char::len_utf8)),
        };
        let Some(place) = place.filter(|_| words.len() + 1 < most) else {
            words.push(rest);
            return words;
        };
        let (before, after) = rest.split_at(place);
        let (word, left) = if from_start { (before, after) } else { (after, before) };
        words.push(word);
        rest = left;
    }
}

fn lines(text: &str, keep: bool) -> Value {
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

fn padded(
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

fn expanded(text: &str, size: usize) -> String {
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

fn swapped(character: char) -> String {
    match character.is_uppercase() {
        true => character.to_lowercase().collect(),
        false => character.to_uppercase().collect(),
    }
}

/// Every letter that no letter comes before in upper case, all others in lower case.
fn title(text: &str) -> String {
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

fn is_cased(character: char) -> bool {
    character.is_lowercase() || character.is_uppercase()
}

/// What Python takes for white space.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&character)
}

fn not_empty(separator: &str) -> Result<&str, Error> {
    match separator {
        "" => Err(invalid("the separator is empty")),
        separator => Ok(separator),
    }
}

fn invalid(problem: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, problem)
}
