//! Parts of JSON that is written and read by hand.

use serde::Serialize;

use crate::json;
use crate::json_value::Value;

pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

pub(super) fn json_of<T: Serialize>(value: &T) -> String {
    json::write(value).unwrap_or_default()
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(|text| text.text()).unwrap_or_default()
}

pub(super) fn number(value: &Value, name: &str) -> Option<u32> {
    value.get(name)?.number()
}

pub(super) fn numbers(value: &Value, name: &str) -> Option<Vec<u32>> {
    value.get(name)?.items()?.iter().map(Value::number).collect()
}
