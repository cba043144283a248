//! The fields of a `config.json` by name, each checked for its type. A field that is null
//! counts as missing.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::end_ids;
use crate::error::Result;
use crate::error::invalid_config;

/// A JSON object of a configuration.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The fields of an object.
    pub(super) fn new(value: &'a Value) -> Result<Fields<'a>> {
        let object = value.as_object();
        object.map(Fields).ok_or_else(|| invalid_config("config.json is not an object"))
    }

    /// The fields of a map.
    pub(super) fn of(map: &'a Map<String, Value>) -> Fields<'a> {
        Fields(map)
    }

    /// A field; `None` if it is missing or null.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|error| {
                // Python's words for these were read as texts.
                let written = match value.as_str() {
                    Some(text @ ("NaN" | "Infinity" | "-Infinity")) => text.to_owned(),
                    _ => value.to_string(),
                };
                let written: String = written.chars().take(40).collect();
                invalid_config(format!("config.json: {name} is {written} ({error})"))
            }),
        }
    }

    /// The first of several names of a field that is there.
    pub(super) fn first<T: DeserializeOwned>(&self, names: &[&str]) -> Result<Option<T>> {
        for name in names {
            if let Some(value) = self.get(name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// A field that must be there.
    pub(super) fn need<T: DeserializeOwned>(&self, names: &[&str]) -> Result<T> {
        self.first(names)?.ok_or_else(|| {
            invalid_config(format!("config.json: missing field `{}`", names[0]))
        })
    }

    /// Whether a field is there, even if it is null.
    pub(super) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a field is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// All fields, some of them with another value.
    pub(super) fn with<const N: usize>(
        &self,
        changes: [(&str, Value); N],
    ) -> Map<String, Value> {
        let mut all = self.0.clone();
        all.extend(changes.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    /// A flag; false if it is missing.
    pub(super) fn is_on(&self, name: &str) -> Result<bool> {
        Ok(self.get(name)?.unwrap_or(false))
    }

    /// A field that is an object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Fields<'a>>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Fields(object))),
            Some(_) => {
                Err(invalid_config(format!("config.json: {name} is not an object")))
            }
        }
    }

    /// The tokens that end a text, as far as the file gives their ids.
    pub(super) fn ends(&self) -> Vec<u32> {
        let ends = self.0.get("eos_token_id");
        ends.map(|ends| end_ids(ends, |_| None)).unwrap_or_default()
    }
}
