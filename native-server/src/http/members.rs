//! Reading the members of a body, one by one. The error for a wrong value or an unknown
//! member names it, and says what can be given.

use std::ops::RangeInclusive;

use protocol::TokenId;
use serde_json::{Map, Value};

use super::error::ApiError;

/// The characters of a value that an error repeats, at most.
const MAX_SHOWN: usize = 40;

/// The body of a route, which is read from the members of a JSON object.
pub(crate) trait RequestBody: Sized {
    /// Takes its members.
    ///
    /// # Errors
    /// The first wrong value.
    fn read(members: &mut Members) -> Result<Self, ApiError>;
}

/// A number of the sampler, in 32 bits. A value next to a bound stays on its side of the
/// bound when it is rounded: what is a little too large is not rounded to the maximum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SamplerNumber(pub(crate) f32);

impl From<f64> for SamplerNumber {
    fn from(value: f64) -> SamplerNumber {
        let near = value as f32;
        let at_bound = near == 0.0 || near == 1.0 || near == 2.0;
        SamplerNumber(match f64::from(near) {
            exact if !at_bound || exact == value => near,
            less if less < value => near.next_up(),
            _ => near.next_down(),
        })
    }
}

/// The members of an object that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Members {
    left: Map<String, Value>,
    /// The path of the object, such as `messages[1].`; empty for the body itself.
    path: String,
    /// The names that were taken, whether or not they were there.
    known: Vec<&'static str>,
}

impl Members {
    /// The members of a body.
    ///
    /// # Errors
    /// If it is not an object.
    pub(crate) fn of_body(body: Value) -> Result<Members, ApiError> {
        match body {
            Value::Object(left) => {
                Ok(Members { left, path: String::new(), known: Vec::new() })
            }
            _ => Err(ApiError::bad_request("The body must be a JSON object.")),
        }
    }

    /// The members of an object within a body, at `path`.
    ///
    /// # Errors
    /// If the value is not an object.
    pub(crate) fn at(path: String, value: Value) -> Result<Members, ApiError> {
        match value {
            Value::Object(left) => {
                Ok(Members { left, path: format!("{path}."), known: Vec::new() })
            }
            value => Err(wrong(&path, &value, "an object")),
        }
    }

    /// Reads a body, which must take all members.
    ///
    /// # Errors
    /// The first wrong value or unknown member.
    pub(crate) fn read<B: RequestBody>(mut self) -> Result<B, ApiError> {
        let body = B::read(&mut self)?;
        self.finish()?;
        Ok(body)
    }

    /// Checks that all members were taken.
    ///
    /// # Errors
    /// The first that was not.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let unknown = self.left.iter().find(|(_, value)| !value.is_null());
        let Some((name, _)) = unknown else { return Ok(()) };
        let alike = |known: &&&str| known.eq_ignore_ascii_case(name);
        let meant = match self.known.iter().find(alike) {
            Some(known) => format!(" Write it as {known}."),
            None => String::new(),
        };
        let name = format!("{}{}", self.path, cut(name));
        let message =
            format!("{name} is not known here, so it would have no effect.{meant}");
        Err(ApiError::bad_request(message).about(name))
    }

    /// Takes a member of any type; null counts as not given.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// Leaves out a member with a value that means nothing; with another, it stays unknown.
    pub(crate) fn drop_if(&mut self, name: &str, means_nothing: fn(&Value) -> bool) {
        if self.left.get(name).is_some_and(means_nothing) {
            self.left.remove(name);
        }
    }

    /// The error for a member with a wrong value.
    pub(crate) fn wrong(&self, name: &str, value: &Value, what: &str) -> ApiError {
        wrong(&self.name(name), value, what)
    }

    /// The error for a member that is missing.
    pub(crate) fn missing(&self, name: &str) -> ApiError {
        let name = self.name(name);
        ApiError::bad_request(format!("{name} is missing.")).about(name)
    }

    /// The path of a member.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// Takes a text.
    ///
    /// # Errors
    /// If it has another type.
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

    /// Takes true or false.
    ///
    /// # Errors
    /// If it has another type.
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

    /// Takes an integer.
    ///
    /// # Errors
    /// If it has another type or is out of the range.
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

    /// Takes an integer, for which -1 counts as not given.
    ///
    /// # Errors
    /// If it has another type or is out of the range.
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

    /// Takes a number of the sampler.
    ///
    /// # Errors
    /// If it has another type.
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

    /// Takes a list.
    ///
    /// # Errors
    /// If it has another type.
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

    /// Takes a list of token ids.
    ///
    /// # Errors
    /// If it is not a list, or the first item that is not a token id.
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

/// A token id, if the value is one.
pub(crate) fn token_id(value: &Value) -> Option<TokenId> {
    value.as_u64().and_then(|id| id.try_into().ok())
}

fn wrong(name: &str, value: &Value, what: &str) -> ApiError {
    let message = format!("{name} is {}; it can be {what}.", cut(&value.to_string()));
    ApiError::bad_request(message).about(name.to_owned())
}

/// The beginning of a text from outside, short enough to be repeated.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_next_to_a_bound_stay_on_their_side_of_it() {
        assert_eq!(SamplerNumber::from(0.7).0, 0.7);
        assert_eq!(SamplerNumber::from(2.0).0, 2.0);
        assert!(SamplerNumber::from(2.000_000_000_000_000_4).0 > 2.0);
        assert!(SamplerNumber::from(5e-324).0 > 0.0);
        assert!(SamplerNumber::from(-5e-324).0 < 0.0);
        assert!(SamplerNumber::from(0.999_999_999_999_9).0 < 1.0);
    }
}
