//! Methods of Python's `str`, `list` and `dict` that change nothing in place;
//! transformers does not let templates do that either.

use minijinja::value::{Kwargs, Tuple, Value, ValueKind, from_args};
use minijinja::{Error, State};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::repr;
use super::search::{bounds, edge, search, split};
use super::strings::{
    expanded, invalid, is_cased, is_space, lines, not_empty, padded, swapped, title,
};

/// Calls a method that minijinja does not have.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if value.as_str().is_none() && value.kind() != ValueKind::Map {
        // Methods of lists look at every item.
        repr::check_size(state, value)?;
    }
    let found = match (value.as_str(), value.kind()) {
        (Some(text), _) => call_str_method(state, text, method, args)?,
        (None, ValueKind::Seq) => call_list_method(value, method, args)?,
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

/// Calls a method of `str`; `None` if it is not one of these.
fn call_str_method(
    state: &State,
    text: &str,
    method: &str,
    args: &[Value],
) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "find" | "index" | "rfind" | "rindex" | "count" => search(text, method, args)?,
        "startswith" | "endswith" => edge(text, method == "startswith", args)?,
        "strip" | "lstrip" | "rstrip" => {
            let (characters,): (Option<&str>,) = from_args(args)?;
            let strips =
                |c: char| characters.map_or_else(|| is_space(c), |set| set.contains(c));
            Value::from(match method {
                "strip" => text.trim_matches(strips),
                "lstrip" => text.trim_start_matches(strips),
                _ => text.trim_end_matches(strips),
            })
        }
        "join" => {
            let (items,): (&Value,) = from_args(args)?;
            Value::from(joined(state, items, None, text)?)
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

/// The texts of a value's items, or of an attribute of each, with another between.
pub(super) fn joined(
    state: &State,
    items: &Value,
    attribute: Option<&Value>,
    between: &str,
) -> Result<String, Error> {
    let mut joined = String::new();
    for (index, item) in items.try_iter()?.enumerate() {
        let item = match attribute {
            Some(name) => item.get_item(name)?,
            None => item,
        };
        let text = repr::text(state, &item)?;
        state.consume_fuel(1 + ((text.len() + between.len()) / 64) as u64)?;
        joined.push_str(if index > 0 { between } else { "" });
        joined.push_str(&text);
    }
    Ok(joined)
}

/// Calls a method of `list`; `None` if it is not one of these.
fn call_list_method(
    list: &Value,
    method: &str,
    args: &[Value],
) -> Result<Option<Value>, Error> {
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
