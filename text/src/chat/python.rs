//! Features of Python's Jinja and of transformers that minijinja does not have.

use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State};
use minijinja_contrib::filters::{filesizeformat, striptags};
use minijinja_contrib::globals::{cycler, joiner};
use protocol::Role;

use super::error::Refusal;
use super::strings::invalid;
use super::{bounds, date, methods, repr};

/// Adds Python's methods of strings, lists and maps, its output of values, tests and
/// filters of Jinja that minijinja lacks, and `raise_exception`.
pub(super) fn install(environment: &mut Environment) {
    environment.set_unknown_method_callback(methods::call);
    environment.set_formatter(print);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("cycler", |items: Rest<Value>| cycler(items.to_vec()));
    environment.add_function("joiner", joiner);
    environment.add_filter("center", center);
    environment.add_filter("filesizeformat", filesizeformat);
    environment.add_filter("join", join);
    environment.add_filter("string", string);
    environment.add_filter(bounds::FILTER, bounded_value);
    environment.add_filter("striptags", striptags);
    environment.add_filter("wordcount", word_count);
    environment.add_test("callable", is_callable);
    environment.add_test("iterable", is_iterable);
    environment.add_test("sequence", is_sequence);
}

/// Whether Python could call the value; Jinja's undefined value counts as callable.
fn is_callable(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Undefined | ValueKind::Plain)
}

/// Whether Python could iterate over the value. Minijinja iterates over none as if it
/// were empty.
fn is_iterable(value: &Value) -> bool {
    !value.is_none() && value.try_iter().is_ok()
}

/// Whether the value has a length and items, as strings and maps do too.
fn is_sequence(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined | ValueKind::String | ValueKind::Seq | ValueKind::Map => {
            true
        }
        // A range; minijinja's other iterables of a known length are rare.
        ValueKind::Iterable => value.len().is_some(),
        _ => false,
    }
}

fn center(state: &mut State, value: &Value, width: Option<i64>) -> Result<Value, Error> {
    let text = Value::from(value.to_string());
    methods::call(state, &text, "center", &[Value::from(width.unwrap_or(80))])
}

/// The number of runs of letters, digits and underscores.
fn word_count(value: &Value) -> usize {
    let in_word = |c: char| c == '_' || c.is_alphanumeric();
    let text = value.to_string();
    text.split(|c| !in_word(c)).filter(|word| !word.is_empty()).count()
}

/// The name of a role in templates.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// A string, or an undefined variable.
pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::UNDEFINED, Value::from)
}

/// The function `strftime_now` of transformers: the time in a format of Python's
/// `strftime`.
pub(super) fn strftime_now(unix_seconds: i64) -> Value {
    Value::from_function(move |format: &str| date::strftime(unix_seconds, format))
}

fn raise_exception(message: &Value) -> Result<Value, Error> {
    let refusal = Refusal(message.to_string());
    Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(refusal))
}

/// Writes a value as Python does.
fn print(output: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let text = repr::text(state, value)?;
    output.write_str(&text).map_err(|_| invalid("the text could not be written"))
}

/// The value itself, if there is not too much of it.
fn bounded_value(state: &State, value: &Value) -> Result<Value, Error> {
    repr::check_size(state, value)?;
    Ok(value.clone())
}

fn string(state: &State, value: &Value) -> Result<String, Error> {
    repr::text(state, value)
}

/// The texts of a value's items, or of an attribute of each, with another between.
fn join(
    state: &State,
    value: &Value,
    between: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let attribute: Option<Value> = options.get("attribute")?;
    let between = between.or(options.get("d")?).unwrap_or_default();
    options.assert_all_used()?;
    match value.is_undefined() {
        true => Ok(String::new()),
        false => methods::joined(state, value, attribute.as_ref(), between),
    }
}
