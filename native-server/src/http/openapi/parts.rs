//! What the routes' descriptions are made of.

use protocol::ModelDescription;
use serde_json::{Map, Value, json};

use crate::Limits;
use crate::http::state::AppState;

/// What the document's limits are made of.
pub(crate) struct Facts {
    /// The name of the model, once it is there.
    pub(crate) model: Option<String>,
    pub(crate) vocab_size: u32,
    pub(crate) context_length: u32,
    pub(crate) limits: Limits,
}

impl Facts {
    pub(super) fn new(state: &AppState, model: Option<&ModelDescription>) -> Facts {
        Facts {
            model: model.map(|_| state.catalogue.id()),
            vocab_size: model.map_or(u32::MAX, |model| model.vocab_size),
            context_length: model.map_or(u32::MAX, |model| model.context_length),
            limits: state.limits,
        }
    }

    /// How many messages fit, if they are short.
    pub(super) fn messages(&self) -> usize {
        (self.context_length as usize / 128).clamp(1, protocol::limits::MAX_MESSAGES)
    }

    /// The ids of a text.
    pub(super) fn ids(&self) -> Value {
        json!({
            "description": "Token ids: the whole text so far.",
            "type": "array",
            "items": { "type": "integer", "minimum": 0, "maximum": self.vocab_size - 1 },
            "minItems": 1,
            "maxItems": self.context_length
        })
    }
}

/// A path with its item.
pub(super) type Path = (&'static str, Value);

/// A route that takes JSON. `answers` are contents by their type.
pub(super) fn post(
    summary: &str,
    body: Value,
    example: Value,
    answers: Value,
    error: &str,
) -> Value {
    json!({ "post": {
        "summary": summary,
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": body, "example": example } }
        },
        "responses": responses(answers, error)
    } })
}

/// A route that takes nothing.
pub(super) fn get(summary: &str, answer: Value, error: &str) -> Value {
    json!({ "get": {
        "summary": summary,
        "responses": responses(json_content(answer), error)
    } })
}

pub(super) fn responses(answers: Value, error: &str) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({ "description": "The answer.", "content": answers }),
    );
    for (status, description) in [
        ("400", "The question makes no sense, or asks for what cannot be done."),
        ("401", "The server wants a token."),
        ("403", "The page that asks is of another site."),
        ("404", "There is no such model or route."),
        ("408", "The question did not arrive in time."),
        ("413", "The question is too large."),
        ("500", "The server or its model has met a fault."),
        ("503", "The model is not ready, or too many ask."),
    ] {
        let content = json_content(reference(error));
        let response = json!({ "description": description, "content": content });
        responses.insert(status.into(), response);
    }
    responses.into()
}

pub(super) fn json_content(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A stream of server-sent events: the schema of each.
pub(super) fn events(what: &str) -> Value {
    json!({ "schema": {
        "type": "object",
        "properties": {
            "event": { "type": "string" },
            "data": { "type": "string", "description": what }
        },
        "required": ["data"]
    } })
}

/// A schema that null fits too.
pub(super) fn or_null(mut schema: Value) -> Value {
    let kind = schema["type"].take();
    schema["type"] = json!([kind, "null"]);
    schema
}

/// The sampler's knobs, each of which may be null or left out.
pub(super) fn knobs() -> Map<String, Value> {
    let number = |least: f64, most: f64, what: &str| {
        or_null(json!({
            "type": "number", "minimum": least, "maximum": most, "description": what
        }))
    };
    let integer = |what: &str| {
        or_null(json!({
            "type": "integer", "minimum": 0, "maximum": u32::MAX, "description": what
        }))
    };
    let mut top_p = number(0.0, 1.0, "Keeps the fewest that reach this mass.");
    top_p["exclusiveMinimum"] = json!(0);
    top_p.as_object_mut().map(|top_p| top_p.remove("minimum"));
    let knobs = [
        ("temperature", number(0.0, 2.0, "Logits are divided by it; 0 takes the top.")),
        ("top_k", integer("Keeps this many; 0 keeps all.")),
        ("top_p", top_p),
        ("min_p", number(0.0, 1.0, "Keeps those with this share of the top.")),
        ("seed", integer("The same seed draws the same tokens.")),
    ];
    knobs.into_iter().map(|(name, schema)| (name.into(), schema)).collect()
}
