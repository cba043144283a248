//! What is answered.

use serde_json::{Map, Value, json};

use super::parts::reference;

/// An object all of whose named fields are there.
fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties =
        fields.iter().map(|(name, schema)| (name.to_string(), schema.clone()));
    json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "required": names
    })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn of(kind: &str) -> Value {
    json!({ "type": kind })
}

fn nullable(kind: &str) -> Value {
    json!({ "type": [kind, "null"] })
}

pub(super) fn all() -> Value {
    let probability = json!({ "type": "number", "minimum": 0, "maximum": 1.0001 });
    let bytes = list(json!({ "type": "integer", "minimum": 0, "maximum": 255 }));
    let choice = |more: &[(&str, Value)]| {
        let common = [
            ("index", of("integer")),
            ("finish_reason", json!({ "enum": ["stop", "length"] })),
            ("logprobs", nullable("object")),
        ];
        list(object(&[&common, more].concat()))
    };
    let answer = |kind: &str, choices: Value| {
        object(&[
            ("id", of("string")),
            ("object", json!({ "const": kind })),
            ("created", of("integer")),
            ("model", of("string")),
            ("choices", choices),
            ("usage", reference("Usage")),
        ])
    };
    let error = [
        ("message", of("string")),
        ("type", of("string")),
        ("param", nullable("string")),
        ("code", nullable("string")),
    ];
    let message = [("role", json!({ "const": "assistant" })), ("content", of("string"))];
    let candidate = [
        ("rank", json!({ "type": "integer", "minimum": 1 })),
        ("token", reference("Token")),
        ("logit", of("number")),
        ("probability", probability.clone()),
        ("sampled_probability", probability.clone()),
    ];
    let distribution = [
        ("position", of("integer")),
        ("vocab_size", of("integer")),
        ("candidates", list(reference("Candidate"))),
        ("watched", list(reference("Candidate"))),
        ("outside", of("object")),
        ("entropy_bits", of("number")),
        ("greedy", of("integer")),
        ("sampled", reference("Candidate")),
        ("draw", of("number")),
        ("stages", list(of("object"))),
        ("settings", of("object")),
        ("timings", of("object")),
    ];
    let scores = [
        (
            "tokens",
            list(object(&[("token", reference("Token")), ("score", nullable("object"))])),
        ),
        ("surprisal_bits", of("number")),
        ("perplexity", nullable("number")),
        ("timings", of("object")),
    ];
    let schemas = [
        ("Error", object(&[("error", of("string"))])),
        ("OpenAiError", object(&[("error", object(&error))])),
        (
            "Token",
            object(&[
                ("id", of("integer")),
                ("bytes", bytes),
                ("text", of("string")),
                ("special", of("boolean")),
            ]),
        ),
        ("Tokens", object(&[("tokens", list(reference("Token")))])),
        ("Candidate", object(&candidate)),
        ("Distribution", object(&distribution)),
        ("Scores", object(&scores)),
        (
            "NextToken",
            object(&[
                (
                    "candidates",
                    list(object(&[("token", of("string")), ("prob", probability)])),
                ),
                ("sampled", of("string")),
                ("warning", nullable("string")),
            ]),
        ),
        ("Reply", object(&[("reply", of("string"))])),
        ("Models", object(&[("models", list(of("string")))])),
        (
            "Model",
            object(&[
                ("id", of("string")),
                ("object", json!({ "const": "model" })),
                ("created", of("integer")),
                ("owned_by", of("string")),
            ]),
        ),
        (
            "ModelList",
            object(&[
                ("object", json!({ "const": "list" })),
                ("data", list(reference("Model"))),
            ]),
        ),
        (
            "Usage",
            object(&[
                ("prompt_tokens", of("integer")),
                ("completion_tokens", of("integer")),
                ("total_tokens", of("integer")),
            ]),
        ),
        ("Completion", answer("text_completion", choice(&[("text", of("string"))]))),
        (
            "ChatCompletion",
            answer("chat.completion", choice(&[("message", object(&message))])),
        ),
    ];
    schemas
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect::<Map<_, _>>()
        .into()
}
