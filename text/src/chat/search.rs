//! Methods of Python's `str` that search and split.

use minijinja::Error;
use minijinja::value::{Kwargs, Value, ValueKind, from_args};

use super::strings::{invalid, is_space, not_empty};

/// The bounds of a slice of `length` items; negative numbers count from the end.
pub(super) fn bounds(
    length: usize,
    start: Option<i64>,
    end: Option<i64>,
) -> (usize, usize) {
    let place = |at: i64| match at < 0 {
        true => length.saturating_sub(at.unsigned_abs() as usize),
        false => at as usize,
    };
    (place(start.unwrap_or(0)), end.map_or(length, place).min(length))
}

/// The characters from `start` to `end`, and the number of characters before them. `None`
/// if `start` is after `end`.
pub(super) fn slice(
    text: &str,
    start: Option<i64>,
    end: Option<i64>,
) -> Option<(usize, &str)> {
    if (start, end) == (None, None) {
        return Some((0, text));
    }
    let (start, end) = bounds(text.chars().count(), start, end);
    let at = |index| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    (start <= end).then(|| (start, &text[at(start)..at(end)]))
}

/// `find`, `rfind`, `index`, `rindex` and `count`.
pub(super) fn search(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
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

/// `startswith` and `endswith`.
pub(super) fn edge(text: &str, at_start: bool, args: &[Value]) -> Result<Value, Error> {
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

/// `split` and `rsplit`.
pub(super) fn split(
    text: &str,
    from_start: bool,
    args: &[Value],
) -> Result<Value, Error> {
    let (separator, max_splits, kwargs): (Option<&str>, Option<i64>, Kwargs) =
        from_args(args)?;
    let separator = separator.or(kwargs.get("sep")?).map(not_empty).transpose()?;
    let max_splits = max_splits.or(kwargs.get("maxsplit")?).unwrap_or(-1);
    kwargs.assert_all_used()?;
    // There is one more part than there are splits.
    let max_parts =
        usize::try_from(max_splits).map_or(usize::MAX, |max| max.saturating_add(1));
    let mut parts: Vec<&str> = match (separator, from_start) {
        (Some(separator), true) => text.splitn(max_parts, separator).collect(),
        (Some(separator), false) => text.rsplitn(max_parts, separator).collect(),
        (None, _) => words(text, from_start, max_parts),
    };
    if !from_start {
        parts.reverse();
    }
    Ok(parts.into_iter().map(Value::from).collect())
}

/// Splits a text at white space into at most `max_parts` parts, from the start or from
/// the end; the last part is the rest of the text.
pub(super) fn words(text: &str, from_start: bool, max_parts: usize) -> Vec<&str> {
    let skip = |text: &'_ str| match from_start {
        true => text.len() - text.trim_start_matches(is_space).len(),
        false => text.trim_end_matches(is_space).len(),
    };
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        // Skips white space on the side from which words are taken.
        rest = if from_start { &rest[skip(rest)..] } else { &rest[..skip(rest)] };
        if rest.is_empty() {
            return words;
        }
        let place = match from_start {
            true => rest.find(is_space),
            false => rest
                .rfind(is_space)
                .map(|at| at + rest[at..].chars().next().map_or(0, char::len_utf8)),
        };
        let Some(place) = place.filter(|_| words.len() + 1 < max_parts) else {
            words.push(rest);
            return words;
        };
        let (before, after) = rest.split_at(place);
        let (word, left) = if from_start { (before, after) } else { (after, before) };
        words.push(word);
        rest = left;
    }
}
