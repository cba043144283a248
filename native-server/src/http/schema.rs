//! What the schemas of several bodies are made of.
//!
//! A schema is derived from the type of a body. Some limits are known only to a running
//! server: a [`ServerValue`] stands for them until the document is made.

use protocol::{Message, TokenId, limits};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Characters of a text, at most.
pub(crate) const MAX_TEXT_CHARACTERS: usize = limits::MAX_TEXT_BYTES / 4;
/// Characters of a message or of a prompt among others, at most.
pub(crate) const MAX_PART_CHARACTERS: usize = 100_000;

/// A value of a schema that depends on the server's options or on its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "server", rename_all = "snake_case")]
pub(crate) enum ServerValue {
    /// The last token id of the vocabulary.
    LastTokenId,
    /// The tokens of a text, at most.
    ContextLength,
    /// The tokens of a text that words of any length can follow, at most.
    ContextBeforeWords,
    /// The messages of a conversation, at most.
    MaxMessages,
    /// The tokens of a completion, at most.
    MaxTokens,
    /// The names that the model can be asked for by, and null.
    ModelNames,
    /// A regular expression of the token ids, for names of members.
    TokenIdPattern,
}

/// The id of a token of the model that runs.
#[derive(JsonSchema)]
#[schemars(extend("maximum" = ServerValue::LastTokenId))]
#[expect(dead_code, reason = "it stands for a type in schemas")]
pub(crate) struct ModelTokenId(TokenId);

/// Token ids: the whole text so far.
#[derive(JsonSchema)]
#[schemars(extend("maxItems" = ServerValue::ContextLength))]
#[expect(dead_code, reason = "it stands for a type in schemas")]
pub(crate) struct TextIds(#[schemars(length(min = 1))] Vec<ModelTokenId>);

/// The whole conversation, the newest message last.
#[derive(JsonSchema)]
#[schemars(transform = strict_messages, extend("maxItems" = ServerValue::MaxMessages))]
#[expect(dead_code, reason = "it stands for a type in schemas")]
pub(crate) struct Conversation(#[schemars(length(min = 1))] Vec<Message>);

fn strict_messages(schema: &mut Schema) {
    if let Some(message) = schema.get_mut("items") {
        message["additionalProperties"] = json!(false);
        message["properties"]["content"]["maxLength"] = json!(MAX_PART_CHARACTERS);
    }
}

/// What a body is about: exactly one of these members is given.
const SOURCES: [&str; 3] = ["text", "ids", "messages"];

/// Makes one variant of a body for each of its [`SOURCES`].
pub(crate) fn one_source(schema: &mut Schema) {
    let Some(Value::Object(all)) = schema.remove("properties") else { return };
    let needed = schema.remove("required");
    let needed = needed.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let sources = SOURCES.iter().filter(|name| all.contains_key(**name));
    let variants = sources.clone().map(|given| {
        let mut properties = all.clone();
        for other in sources.clone().filter(|other| *other != given) {
            properties.insert((*other).into(), json!({ "type": "null" }));
        }
        let kind = &mut properties[*given]["type"];
        *kind = kind[0].take();
        json!({
            "type": "object",
            "properties": properties,
            "required": needed.iter().cloned().chain([json!(given)]).collect::<Vec<_>>(),
            "additionalProperties": false
        })
    });
    *schema = json_schema!({ "oneOf": variants.collect::<Vec<_>>() });
}

/// Where no seed is given, one is drawn.
fn seed_is_drawn(schema: &mut Schema) {
    if let Some(Value::Object(seed)) = schema.pointer_mut("/properties/seed") {
        seed.remove("default");
    }
}

/// The sampler's settings with what a server knows of them: where no seed is given, one is
/// drawn, and tokens are those of its model.
pub(crate) fn sampler(schema: &mut Schema) {
    seed_is_drawn(schema);
    for id in ["/properties/banned/items", "/properties/logit_bias/items/properties/id"] {
        if let Some(id) = schema.pointer_mut(id) {
            id["maximum"] = json!(ServerValue::LastTokenId);
        }
    }
    if let Some(biased) = schema.pointer_mut("/properties/logit_bias/items") {
        biased["additionalProperties"] = json!(false);
    }
    if let Some(order) = schema.pointer_mut("/properties/order") {
        let about = order["description"].take();
        *order = json!({
            "description": about,
            "type": ["string", "null"],
            "enum": ["temperature_first", "temperature_last", null],
            "default": "temperature_first"
        });
    }
    if let Some(allowed) = schema.pointer_mut("/properties/allowed") {
        let about = allowed["description"].take();
        let variant = |name: &str, schema: Value| {
            json!({
                "type": "object",
                "properties": { name: schema },
                "required": [name],
                "additionalProperties": false
            })
        };
        let choices = allowed_texts("One of these texts, exactly as it stands here.");
        let pattern = pattern("What a regular expression (Rust's syntax) matches.");
        *allowed = json!({
            "description": about,
            "oneOf": [
                { "type": "null" },
                variant("choices", choices),
                variant("pattern", pattern)
            ]
        });
    }
}

/// A list of the texts that are allowed.
pub(crate) fn allowed_texts(description: &str) -> Value {
    json!({
        "description": description,
        "type": "array",
        "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": limits::MAX_ALLOWED_CHARACTERS
        },
        "minItems": 1,
        "maxItems": limits::MAX_ALLOWED_TEXTS
    })
}

/// A regular expression of the texts that are allowed.
pub(crate) fn pattern(description: &str) -> Value {
    json!({
        "description": description,
        "type": "string",
        "format": "regex",
        "maxLength": limits::MAX_PATTERN_CHARACTERS
    })
}

/// A member that is left out can also be null.
pub(crate) fn allow_null(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let required = members.get("required").cloned().unwrap_or_default();
            let required = required.as_array().cloned().unwrap_or_default();
            let properties = members.get_mut("properties").and_then(Value::as_object_mut);
            let properties = properties.into_iter().flatten();
            for (_, property) in properties.filter(|(name, _)| {
                !required.iter().any(|needed| needed == name.as_str())
            }) {
                if let Value::Object(property) = property {
                    or_null(property);
                }
            }
            members.values_mut().for_each(allow_null);
        }
        Value::Array(items) => items.iter_mut().for_each(allow_null),
        _ => (),
    }
}

fn or_null(schema: &mut Map<String, Value>) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(kind @ Value::String(_)) = schema.get_mut("type")
        && *kind != "null"
    {
        *kind = json!([kind, "null"]);
    }
}
