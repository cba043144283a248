//! The routes that clients of OpenAI's API know.

use serde_json::{Map, Value, json};

use super::parts::{
    Facts, Path, events, get, json_content, knobs, or_null, post, reference, responses,
};

pub(super) fn paths(facts: &Facts) -> Vec<Path> {
    let ids = facts.ids();
    let text = json!({ "type": "string", "minLength": 1, "maxLength": 100_000 });
    let several = |items: &Value| json!({ "type": "array", "items": items, "minItems": 1, "maxItems": 16 });
    let mut completion = common(facts);
    let prompt = json!({
        "description": "A text or its token ids, or up to 16 of them.",
        "oneOf": [text, ids, several(&text), several(&ids)]
    });
    completion.insert("prompt".into(), prompt);
    let logprobs = json!({
        "description": "So many of the most probable tokens are told at each place, with \
            their log probabilities at temperature 1; true is as good as 1.",
        "oneOf": [
            { "type": "null" },
            { "type": "integer", "minimum": 0, "maximum": 20 },
            { "type": "boolean" }
        ]
    });
    completion.insert("logprobs".into(), logprobs);
    let echo = "The answer begins with the prompt, of whose tokens logprobs tells, too.";
    completion.insert("echo".into(), flag(echo));
    completion.insert("max_tokens".into(), max_tokens(facts, 0));

    let mut chat = common(facts);
    chat.insert("messages".into(), messages(facts));
    let told = "Log probabilities of the tokens are told, at temperature 1.";
    chat.insert("logprobs".into(), flag(told));
    let top = json!({
        "description": "And those of so many others at each place; with logprobs only.",
        "type": "integer", "minimum": 0, "maximum": 20
    });
    chat.insert("top_logprobs".into(), or_null(top));
    chat.insert("max_completion_tokens".into(), max_tokens(facts, 1));

    let nothing = |field: &str| json!({ "properties": { field: { "type": "null" } } });
    let is = |field: &str| json!({ "properties": { field: { "const": true } }, "required": [field] });
    let none = json!({ "properties": { "top_logprobs": { "enum": [0, null] } } });
    let streamed = json!({ "anyOf": [nothing("stream_options"), is("stream")] });
    let some = json!({ "properties": { "max_tokens": { "not": { "const": 0 } } } });
    let echoed = json!({ "anyOf": [some, is("echo")] });
    let told = json!({ "anyOf": [none, is("logprobs")] });
    let body = |properties: Map<String, Value>, required: &str, rules: &[&Value]| {
        json!({
            "type": "object",
            "properties": properties,
            "required": [required],
            "additionalProperties": false,
            "allOf": rules
        })
    };
    let model = facts.model.clone().unwrap_or_else(|| "demo".into());
    let answers = |schema: &str| {
        json!({
            "application/json": { "schema": reference(schema) },
            "text/event-stream": events("A chunk as JSON, or [DONE].")
        })
    };
    let hello = json!([{ "role": "user", "content": "Tell me a story." }]);
    let model_route = json!({ "get": {
        "summary": "The model of this name, if it runs",
        "parameters": [{
            "name": "id", "in": "path", "required": true,
            "schema": { "type": "string", "enum": [model] }
        }],
        "responses": responses(json_content(reference("Model")), "OpenAiError")
    } });
    vec![
        ("/v1/models", get("The model that runs", reference("ModelList"), "OpenAiError")),
        ("/v1/models/{id}", model_route),
        (
            "/v1/completions",
            post(
                "Continuations of texts",
                body(completion, "prompt", &[&streamed, &echoed]),
                json!({ "model": model, "prompt": "Once upon a", "logprobs": 5, "seed": 1 }),
                answers("Completion"),
                "OpenAiError",
            ),
        ),
        (
            "/v1/chat/completions",
            post(
                "Replies to a conversation",
                body(chat, "messages", &[&streamed, &told]),
                json!({ "model": model, "messages": hello, "max_tokens": 50 }),
                answers("ChatCompletion"),
                "OpenAiError",
            ),
        ),
    ]
}

/// A field that is true or not, or left out.
fn flag(description: &str) -> Value {
    or_null(json!({ "description": description, "type": "boolean" }))
}

fn max_tokens(facts: &Facts, least: u32) -> Value {
    let only_with_echo = if least == 0 { "; 0 only with echo" } else { "" };
    json!({
        "description": format!("Tokens of each text, at most{only_with_echo}."),
        "oneOf": [
            { "type": "null" },
            { "type": "integer", "minimum": least, "maximum": facts.limits.max_tokens },
            { "enum": [-1] }
        ]
    })
}

/// What both kinds of completion take.
fn common(facts: &Facts) -> Map<String, Value> {
    let mut fields = knobs();
    if let Some(top_p) = fields.get_mut("top_p").and_then(Value::as_object_mut) {
        top_p.remove("exclusiveMinimum");
        top_p.insert("minimum".into(), json!(0));
    }
    if let Some(top_k) = fields.get_mut("top_k") {
        top_k["minimum"] = json!(-1);
        top_k["description"] = json!("Keeps this many; 0 and -1 keep all.");
    }
    let whole = json!({
        "description": "The same seed draws the same tokens.",
        "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX
    });
    let stop = json!({ "type": "string" });
    let mut stop_ids = facts.ids();
    stop_ids["description"] = json!("Tokens that end the answer and are no part of it.");
    stop_ids["minItems"] = json!(0);
    stop_ids["maxItems"] = json!(64);
    let usage =
        json!({ "include_usage": flag("The last chunk tells how many tokens it was.") });
    let zero = json!({ "enum": [0, null], "description": "Only 0 is supported." });
    let mut model = match &facts.model {
        Some(id) => json!({ "enum": [id, null] }),
        None => json!({ "type": ["string", "null"] }),
    };
    model["description"] = json!("The model that runs; it can be left out.");
    let more = [
        ("model", model),
        ("max_tokens", max_tokens(facts, 1)),
        ("seed", or_null(whole)),
        (
            "n",
            or_null(json!({
                "description": "So many texts, each with a seed of its own.",
                "type": "integer", "minimum": 1, "maximum": 8
            })),
        ),
        (
            "stop",
            json!({
                "description": "Texts, four at most, before which the answer ends.",
                "oneOf": [
                    { "type": "null" },
                    stop,
                    { "type": "array", "items": stop, "maxItems": 4 }
                ]
            }),
        ),
        ("stop_token_ids", or_null(stop_ids)),
        ("ignore_eos", flag("The answer goes on after the token that ends a text.")),
        ("stream", flag("The answer comes in pieces, as server-sent events.")),
        (
            "stream_options",
            or_null(json!({
                "description": "With a stream: {\"include_usage\": true}.",
                "type": "object", "properties": usage, "additionalProperties": false
            })),
        ),
        ("presence_penalty", zero.clone()),
        ("frequency_penalty", zero),
    ];
    fields.extend(more.map(|(name, schema)| (name.to_owned(), schema)));
    fields
}

fn messages(facts: &Facts) -> Value {
    let text = json!({ "type": "string", "maxLength": 100_000 });
    let part = json!({
        "type": "object",
        "properties": { "type": { "const": "text" }, "text": text },
        "required": ["type", "text"],
        "additionalProperties": false
    });
    json!({
        "description": "The whole conversation, the newest message last.",
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
        "maxItems": facts.messages()
    })
}
