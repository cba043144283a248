//! The original's routes.

use protocol::limits;
use serde_json::{Value, json};

use super::parts::{Facts, Path, get, json_content, or_null, post, reference};

pub(super) fn paths(facts: &Facts) -> Vec<Path> {
    let temperature = or_null(json!({
        "description": "Logits are divided by it; 0 takes the top.",
        "type": "number", "minimum": 0, "maximum": limits::MAX_TEMPERATURE,
        "default": limits::DEFAULT_TEMPERATURE
    }));
    let next_token = json!({
        "type": "object",
        "properties": {
            "text": {
                "description": "Any text.", "type": "string", "minLength": 1, "maxLength": limits::MAX_TEXT_BYTES / 4
            },
            "top_k": or_null(json!({
                "description": "How many candidates to list.",
                "type": "integer", "minimum": 1, "maximum": limits::MAX_CANDIDATES,
                "default": limits::DEFAULT_CANDIDATES
            })),
            "temperature": temperature
        },
        "required": ["text"],
        "additionalProperties": false
    });
    let chat = json!({
        "type": "object",
        "properties": {
            "messages": messages(facts),
            "max_new_tokens": or_null(json!({
                "description": "Tokens of the reply, at most.",
                "type": "integer", "minimum": 1, "maximum": limits::MAX_NEW_TOKENS,
                "default": limits::DEFAULT_NEW_TOKENS
            })),
            "temperature": temperature
        },
        "required": ["messages"],
        "additionalProperties": false
    });
    let hello = json!([{ "role": "user", "content": "Tell me a story." }]);
    vec![
        (
            "/api/next-token",
            post(
                "The most probable next tokens",
                next_token,
                json!({ "text": "Once upon a", "top_k": 5, "temperature": 0.7 }),
                json_content(reference("NextToken")),
                "Error",
            ),
        ),
        (
            "/api/chat",
            post(
                "A reply",
                chat,
                json!({ "messages": hello, "max_new_tokens": 50 }),
                json_content(reference("Reply")),
                "Error",
            ),
        ),
        (
            "/api/models",
            get(
                "The model that runs, then others that the server could be started with",
                reference("Models"),
                "Error",
            ),
        ),
    ]
}

/// A conversation.
pub(super) fn messages(facts: &Facts) -> Value {
    json!({
        "description": "The whole conversation, the newest message last.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "role": { "enum": ["system", "user", "assistant"] },
                "content": { "type": "string", "maxLength": 100_000 }
            },
            "required": ["role", "content"],
            "additionalProperties": false
        },
        "minItems": 1,
        "maxItems": facts.messages()
    })
}
