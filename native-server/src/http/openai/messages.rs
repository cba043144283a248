//! The messages of a chat completion.

use protocol::{Message, Role};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::unsupported::is_empty;
use crate::http::error::ApiError;
use crate::http::members::Members;
use crate::http::schema::{MAX_PART_CHARACTERS, ServerValue};

/// Members of responses that clients send back, which must be empty.
const RESPONSE_MEMBERS: [&str; 4] =
    ["annotations", "audio", "reasoning_content", "reasoning"];

/// Takes the messages.
///
/// # Errors
/// The first wrong value.
pub(super) fn read(members: &mut Members) -> Result<Vec<Message>, ApiError> {
    let list = members.take("messages").ok_or_else(|| members.missing("messages"))?;
    from_value(members, list)
}

/// The messages that a member has.
///
/// # Errors
/// The first wrong value.
pub(super) fn from_value(
    members: &Members,
    value: Value,
) -> Result<Vec<Message>, ApiError> {
    let Value::Array(list) = value else {
        return Err(members.wrong("messages", &value, "a list"));
    };
    if list.is_empty() {
        let message = "There are no messages. Send at least one.";
        return Err(ApiError::bad_request(message).about("messages"));
    }
    list.into_iter()
        .enumerate()
        .map(|(index, value)| message(Members::at(format!("messages[{index}]"), value)?))
        .collect()
}

/// The schema of the messages.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    let text = json!({ "type": "string", "maxLength": MAX_PART_CHARACTERS });
    let part = json!({
        "type": "object",
        "properties": { "type": { "const": "text" }, "text": text },
        "required": ["type", "text"],
        "additionalProperties": false
    });
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "role": { "enum": ["system", "developer", "user", "assistant"] },
                "content": { "oneOf": [text, { "type": "array", "items": part }] }
            },
            "required": ["role", "content"],
            "additionalProperties": false
        },
        "minItems": 1,
        "maxItems": ServerValue::MaxMessages
    })
}

fn message(mut members: Members) -> Result<Message, ApiError> {
    let role = role(&mut members)?;
    // A message that only calls tools has no text.
    let mut calls = false;
    for name in ["tool_calls", "function_call"] {
        let call = members.take(name).filter(|call| !is_empty(call));
        if let Some(call) = call.as_ref().filter(|_| role != Role::Assistant) {
            return Err(members.wrong(name, call, "given in messages of the assistant"));
        }
        calls |= call.is_some();
    }
    let refusal = members.text("refusal")?;
    let content = match members.take("content") {
        Some(content) => text(&members, content, role)?,
        None if role == Role::Assistant && (calls || refusal.is_some()) => {
            refusal.unwrap_or_default()
        }
        None => return Err(members.missing("content")),
    };
    for name in RESPONSE_MEMBERS {
        if let Some(value) = members.take(name).filter(|value| !is_empty(value)) {
            return Err(members.wrong(name, &value, "left out"));
        }
    }
    members.finish()?;
    Ok(Message { role, content })
}

/// Takes the role of a message.
///
/// # Errors
/// If it has none, or one that is not supported.
pub(super) fn role(members: &mut Members) -> Result<Role, ApiError> {
    let role = members.text("role")?.ok_or_else(|| members.missing("role"))?;
    match &*role {
        // `developer` is the newer name.
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        _ => {
            let roles = "\"system\", \"developer\", \"user\" or \"assistant\", as tools \
                         are not supported";
            Err(members.wrong("role", &role.into(), roles))
        }
    }
}

/// The content of a message: a text, or the parts of one.
fn text(members: &Members, content: Value, role: Role) -> Result<String, ApiError> {
    let parts = match content {
        Value::String(text) => return Ok(text),
        Value::Array(parts) => parts,
        other => {
            let what = "a text, or a list of parts of type text";
            return Err(members.wrong("content", &other, what));
        }
    };
    let place = members.name("content");
    let parts = parts.into_iter().enumerate().map(|(index, part)| {
        let mut part = Members::at(format!("{place}[{index}]"), part)?;
        let kind = part.text("type")?.ok_or_else(|| part.missing("type"))?;
        let name = match &*kind {
            "text" => "text",
            "refusal" if role == Role::Assistant => "refusal",
            _ => return Err(part.wrong("type", &kind.into(), "\"text\"")),
        };
        let text = part.text(name)?.ok_or_else(|| part.missing(name))?;
        part.finish()?;
        Ok(text)
    });
    parts.collect()
}
