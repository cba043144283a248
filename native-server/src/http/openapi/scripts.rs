//! The routes for scripts.

use protocol::limits;
use serde_json::{Map, Value, json};

use super::original::messages;
use super::parts::{Facts, Path, events, json_content, knobs, or_null, post, reference};

pub(super) fn paths(facts: &Facts) -> Vec<Path> {
    let text = json!({
        "description": "Any text.", "type": "string", "minLength": 1,
        "maxLength": limits::MAX_TEXT_BYTES / 4
    });
    let ids = facts.ids();
    let one_of = |more: &Map<String, Value>, sources: &[(&str, &Value)]| {
        let variants = sources.iter().map(|(given, schema)| {
            let mut properties = more.clone();
            for (name, _) in sources {
                properties.insert((*name).into(), json!({ "type": "null" }));
            }
            properties.insert((*given).into(), (*schema).clone());
            json!({
                "type": "object",
                "properties": properties,
                "required": [given],
                "additionalProperties": false
            })
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    };
    let candidates = or_null(json!({
        "description": "How many of the most probable tokens to list.",
        "type": "integer", "minimum": 1, "maximum": limits::MAX_CANDIDATES,
        "default": limits::DEFAULT_CANDIDATES
    }));
    let mut distribution = knobs();
    distribution.insert("candidates".into(), candidates.clone());
    let watch = or_null(json!({
        "description": "Tokens to tell of whatever their rank.",
        "type": "array", "items": ids["items"], "maxItems": limits::MAX_WATCHED
    }));
    distribution.insert("watch".into(), watch);
    let mut generate = knobs();
    generate.insert("candidates".into(), candidates);
    let max_new_tokens = or_null(json!({
        "description": "Tokens that are made, at most.",
        "type": "integer", "minimum": 1, "maximum": limits::MAX_NEW_TOKENS,
        "default": limits::DEFAULT_NEW_TOKENS
    }));
    generate.insert("max_new_tokens".into(), max_new_tokens);
    let messages = messages(facts);
    let sources = [("text", &text), ("ids", &ids)];
    let more_sources = [sources[0], sources[1], ("messages", &messages)];
    let mut any_text = text.clone();
    any_text["minLength"] = json!(0);
    let once = json!({ "text": "Once upon a" });
    let events = json!({ "text/event-stream": events(
        "An event of the page's protocol: progress, prompt, token, finished or failed."
    ) });
    vec![
        (
            "/api/tokenize",
            post(
                "The tokens of a text",
                json!({
                    "type": "object",
                    "properties": { "text": any_text },
                    "required": ["text"],
                    "additionalProperties": false
                }),
                once.clone(),
                json_content(reference("Tokens")),
                "Error",
            ),
        ),
        (
            "/api/distribution",
            post(
                "The distribution of the next token, over the whole vocabulary",
                one_of(&distribution, &sources),
                json!({ "text": "Once upon a", "candidates": 3, "seed": 1 }),
                json_content(reference("Distribution")),
                "Error",
            ),
        ),
        (
            "/api/score",
            post(
                "What the model made of each token of a text",
                one_of(&Map::new(), &sources),
                json!({ "text": "Once upon a time" }),
                json_content(reference("Scores")),
                "Error",
            ),
        ),
        (
            "/api/generate",
            post(
                "A continuation or a reply, token by token, as server-sent events",
                one_of(&generate, &more_sources),
                json!({ "text": "Once upon a", "max_new_tokens": 20, "seed": 1 }),
                events,
                "Error",
            ),
        ),
    ]
}
