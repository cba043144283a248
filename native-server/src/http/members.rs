//! The members of a question, taken one by one. Whoever gives a value that cannot be, or a
//! member that nobody takes, is told which one it is and what can be given.

use std::ops::RangeInclusive;

use protocol::TokenId;
use serde_json::{Map, Value};

use super::error::ApiError;
use super::sampler::SamplerNumber;

/// Characters of a value that are repeated in an error.
const MAX_SHOWN: usize = 40;

/// What a route is asked, made of the members of a JSON object.
pub(crate) trait RequestBody: Sized {
    /// Takes the members that it knows.
    ///
    /// # Errors
    /// The first that cannot be as it is.
    fn read(members: &mut Members) -> Result<Self, ApiError>;
}

/// The members of an object that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Members {
    left: Map<String, Value>,
    /// Where the object is, such as `messages[1].`; nothing for the body itself.
    place: String,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl Members {
    /// The members of a body.
    ///
    /// # Errors
    /// If it is no object.
    pub(crate) fn of_body(body: Value) -> Result<Members, ApiError> {
        match body {
            Value::Object(left) => {
                Ok(Members { left, place: String::new(), known: Vec::new() })
            }
            _ => Err(ApiError::bad_request("The body must be a JSON object.")),
        }
    }

    /// The members of an object within a body, at `place`.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn at(place: String, value: Value) -> Result<Members, ApiError> {
        match value {
            Value::Object(left) => {
                Ok(Members { left, place: format!("{place}."), known: Vec::new() })
            }
            value => Err(wrong(&place, &value, "an object")),
        }
    }

    /// A question; its object must have nothing that it does not know.
    ///
    /// # Errors
    /// The first member that cannot be as it is, or is not known.
    pub(crate) fn question<Q: RequestBody>(mut self) -> Result<Q, ApiError> {
        let question = Q::read(&mut self)?;
        self.finish()?;
        Ok(question)
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// If a member was not taken.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let unknown = self.left.iter().find(|(_, value)| !value.is_null());
        let Some((name, _)) = unknown else { return Ok(()) };
        let alike = |known: &&&str| known.eq_ignore_ascii_case(name);
        let meant = match self.known.iter().find(alike) {
            Some(known) => format!(" Write it as {known}."),
            None => String::new(),
        };
        let name = format!("{}{}", self.place, cut(name));
        let message =
            format!("{name} is not known here, so it would have no effect.{meant}");
        Err(ApiError::bad_request(message).about(name))
    }

    /// A member, whatever it is; null counts as not given.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// The error for a member that has another value than it can have.
    pub(crate) fn wrong(&self, name: &str, value: &Value, what: &str) -> ApiError {
        wrong(&self.name(name), value, what)
    }

    /// The error for a member that has to be there.
    pub(crate) fn missing(&self, name: &str) -> ApiError {
        let name = self.name(name);
        ApiError::bad_request(format!("{name} is missing.")).about(name)
    }

    /// A member's name with the place of its object.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.place)
    }

    /// A text.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn text(
        &mut self,
        name: &'static str,
    ) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.wrong(name, &value, "a text")),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn boolean(
        &mut self,
        name: &'static str,
    ) -> Result<Option<bool>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(value) => Err(self.wrong(name, &value, "true or false")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// If it is something else, or not in the range.
    pub(crate) fn integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let (least, most) = (range.start(), range.end());
                let what = format!("a whole number from {least} to {most}");
                Err(self.wrong(name, &value, &what))
            }
        }
    }

    /// A whole number, for which -1 means that it is not given.
    ///
    /// # Errors
    /// If it is something else, or not in the range.
    pub(crate) fn integer_or_minus_one(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ApiError> {
        if self.left.get(name).and_then(Value::as_i64) == Some(-1) {
            self.take(name);
            return Ok(None);
        }
        self.integer(name, range)
    }

    /// A number of the sampler.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
    ) -> Result<Option<SamplerNumber>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_f64() {
            Some(number) => Ok(Some(number.into())),
            None => Err(self.wrong(name, &value, "a number")),
        }
    }

    /// A list.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn list(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<Value>>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(value) => Err(self.wrong(name, &value, "a list")),
        }
    }

    /// Token ids.
    ///
    /// # Errors
    /// If it is something else, or one of them is none.
    pub(crate) fn ids(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<TokenId>>, ApiError> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        let ids = list.iter().enumerate().map(|(index, value)| {
            token_id(value).ok_or_else(|| {
                self.wrong(&format!("{name}[{index}]"), value, "a token id")
            })
        });
        ids.collect::<Result<_, _>>().map(Some)
    }
}

/// A token's id, if it is one.
pub(crate) fn token_id(value: &Value) -> Option<TokenId> {
    value.as_u64().and_then(|id| id.try_into().ok())
}

fn wrong(name: &str, value: &Value, what: &str) -> ApiError {
    let message = format!("{name} is {}; it can be {what}.", cut(&value.to_string()));
    ApiError::bad_request(message).about(name.to_owned())
}

/// The beginning of a text from outside, as it can be repeated.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
