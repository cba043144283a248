//! The input of a response: a text, or messages whose contents are texts or parts of text.

use protocol::{Message, Role};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::members::Members;
use crate::http::openai::messages;
use crate::http::schema::{MAX_PART_CHARACTERS, ServerValue};

/// The kinds of parts that are text.
const TEXT_PARTS: [&str; 3] = ["input_text", "output_text", "text"];

/// Takes the input.
///
/// # Errors
/// The first wrong value, or what is no text, by its type.
pub(super) fn read(members: &mut Members) -> Result<Vec<Message>, ApiError> {
    match members.take("input") {
        None => Err(members.missing("input")),
        Some(Value::String(content)) => Ok(vec![Message { role: Role::User, content }]),
        Some(Value::Array(items)) if !items.is_empty() => {
            let items = items.into_iter().enumerate();
            items.map(|(index, item)| message(format!("input[{index}]"), item)).collect()
        }
        Some(other) => {
            Err(members.wrong("input", &other, "a text, or a list of messages"))
        }
    }
}

fn message(place: String, item: Value) -> Result<Message, ApiError> {
    let mut item = Members::at(place, item)?;
    let kind = item.text("type")?;
    if let Some(kind) = kind.filter(|kind| kind != "message") {
        let what = "\"message\", as other items are not supported";
        return Err(item.wrong("type", &kind.into(), what));
    }
    // Both come with messages that are sent back.
    item.take("id");
    item.take("status");
    let role = messages::role(&mut item)?;
    let content = match item.take("content") {
        None => return Err(item.missing("content")),
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => {
            let place = item.name("content");
            let parts = parts.into_iter().enumerate();
            parts
                .map(|(index, value)| part(format!("{place}[{index}]"), value))
                .collect::<Result<String, _>>()?
        }
        Some(other) => {
            let what = "a text, or a list of parts of text";
            return Err(item.wrong("content", &other, what));
        }
    };
    item.finish()?;
    Ok(Message { role, content })
}

fn part(place: String, value: Value) -> Result<String, ApiError> {
    let mut part = Members::at(place, value)?;
    let kind = part.text("type")?.ok_or_else(|| part.missing("type"))?;
    if !TEXT_PARTS.contains(&&*kind) {
        let what = "\"input_text\" or \"output_text\", as this model reads text alone";
        return Err(part.wrong("type", &kind.into(), what));
    }
    part.take("annotations");
    part.take("logprobs");
    let text = part.text("text")?.ok_or_else(|| part.missing("text"))?;
    part.finish()?;
    Ok(text)
}

/// The schema of the input.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    let text = json!({ "type": "string", "maxLength": MAX_PART_CHARACTERS });
    let part = json!({
        "type": "object",
        "properties": {
            "type": { "enum": TEXT_PARTS }, "text": text, "annotations": {}, "logprobs": {}
        },
        "required": ["type", "text"],
        "additionalProperties": false
    });
    let message = json!({
        "type": "object",
        "properties": {
            "type": { "enum": ["message", null] },
            "id": {},
            "status": {},
            "role": { "enum": ["system", "developer", "user", "assistant"] },
            "content": { "oneOf": [text, { "type": "array", "items": part }] }
        },
        "required": ["role", "content"],
        "additionalProperties": false
    });
    json_schema!({ "oneOf": [
        text,
        { "type": "array", "items": message, "minItems": 1, "maxItems": ServerValue::MaxMessages }
    ] })
}
