//! What Python's Jinja and transformers have that minijinja leaves to its user.

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, Output, State, escape_formatter};
use minijinja_contrib::pycompat::unknown_method_callback;
use protocol::Role;

use super::date;
use super::error::Refusal;

/// Adds Python's methods of strings and maps, its way to print, and `raise_exception`.
pub(super) fn install(environment: &mut Environment) {
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.set_formatter(print);
    environment.add_function("raise_exception", raise_exception);
}

/// The name of a role in templates.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// A text, or a variable that is not defined.
pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::UNDEFINED, Value::from)
}

/// The function of that name: the clock's time in a format of Python's `strftime`.
pub(super) fn strftime_now(unix_seconds: i64) -> Value {
    Value::from_function(move |format: &str| date::strftime(unix_seconds, format))
}

fn raise_exception(message: &Value) -> Result<Value, Error> {
    let refusal = Refusal(message.to_string());
    Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(refusal))
}

/// Writes a value as Python would; others write none, true and false in lower case.
fn print(output: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let name = match value.is_none() {
        true => Some("None"),
        false => match bool::try_from(value.clone()) {
            Ok(true) => Some("True"),
            Ok(false) => Some("False"),
            Err(_) => None,
        },
    };
    match name {
        Some(name) => escape_formatter(output, state, &Value::from(name)),
        None => escape_formatter(output, state, value),
    }
}
