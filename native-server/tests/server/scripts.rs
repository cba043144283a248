//! The routes for scripts: tokens, distributions, scores and generations as events.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn answer(fixture: &Fixture, path: &str, body: Value) -> Value {
    let answer = fixture.post(path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// The name and content of each event of a stream.
async fn events(fixture: &Fixture, body: Value) -> Vec<(String, Value)> {
    let answer = fixture.post("/api/generate", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = answer.text();
    let blocks = text.split("\n\n").filter(|block| block.starts_with("event: "));
    blocks
        .map(|block| {
            let (name, data) = block.split_once('\n').unwrap();
            let data = data.strip_prefix("data: ").unwrap();
            let name = name.strip_prefix("event: ").unwrap();
            (name.to_owned(), serde_json::from_str(data).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_text_and_its_ids_have_the_same_distribution() {
    let fixture = Fixture::new().await;
    let tokens = answer(&fixture, "/api/tokenize", json!({ "text": "Hé" })).await;
    let ids: Vec<u64> = tokens["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), 3, "one for each byte");
    let of_ids = json!({ "ids": ids, "seed": 1, "watch": [7], "candidates": 3 });
    let of_text = json!({ "text": "Hé", "seed": 1, "watch": [7], "candidates": 3 });
    let one = answer(&fixture, "/api/distribution", of_ids).await;
    let other = answer(&fixture, "/api/distribution", of_text).await;
    assert_eq!(one["candidates"], other["candidates"]);
    assert_eq!(one["candidates"].as_array().unwrap().len(), 3);
    assert_eq!(one["watched"][0]["token"]["id"], 7);
    assert_eq!(one["sampled"]["token"], other["sampled"]["token"]);
}

#[tokio::test]
async fn an_unfinished_message_is_gone_on_with() {
    let fixture = Fixture::new().await;
    let prompt = async |go_on: Value| {
        let messages = json!([
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": "Hello, I" }
        ]);
        let mut body = json!({ "messages": messages, "max_new_tokens": 1, "seed": 1 });
        body["continue_final_message"] = go_on;
        let events = events(&fixture, body).await;
        let (_, prompt) = events.iter().find(|(name, _)| name == "prompt").unwrap();
        let tokens = prompt["tokens"].as_array().unwrap().iter();
        tokens.map(|token| token["text"].as_str().unwrap().to_owned()).collect::<String>()
    };
    let unfinished = prompt(json!(true)).await;
    assert!(unfinished.ends_with("I"), "{unfinished}");
    let finished = prompt(Value::Null).await;
    assert!(finished.len() > unfinished.len(), "{finished}");
}

#[tokio::test]
async fn a_distribution_is_verified_by_candle() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "Hello", "candidates": 20, "seed": 1 });
    let shown = answer(&fixture, "/api/distribution", body).await;
    let body = json!({ "text": "Hello", "candidates": 20 });
    let verified = answer(&fixture, "/api/verify", body).await;
    assert_eq!(verified["position"], shown["position"]);
    assert_eq!(verified["checked_by"], "candle, in f32");
    assert!(verified["largest_difference"].as_f64().unwrap() < 0.01, "{verified}");
    let entropy = verified["entropy_bits"].as_f64().unwrap();
    assert!((entropy - shown["entropy_bits"].as_f64().unwrap()).abs() < 1e-5);
    let tokens = |answer: &Value| -> Vec<Value> {
        let candidates = answer["candidates"].as_array().unwrap();
        candidates.iter().map(|candidate| candidate["token"]["id"].clone()).collect()
    };
    assert_eq!(tokens(&verified), tokens(&shown));
    assert_eq!(tokens(&verified).len(), 20);
}

#[tokio::test]
async fn the_scores_of_a_text_add_up() {
    let fixture = Fixture::new().await;
    let scores = answer(&fixture, "/api/score", json!({ "text": "Hello" })).await;
    let tokens = scores["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 5);
    assert_eq!(tokens[0]["score"], Value::Null);
    let bits: f64 = tokens[1..]
        .iter()
        .map(|token| -token["score"]["probability"].as_f64().unwrap().log2())
        .sum();
    assert!((scores["surprisal_bits"].as_f64().unwrap() - bits).abs() < 1e-3);
    let perplexity = scores["perplexity"].as_f64().unwrap();
    assert!((perplexity - (bits / 4.0).exp2()).abs() < 1e-2);
    let one = answer(&fixture, "/api/score", json!({ "ids": [50] })).await;
    assert_eq!(one["perplexity"], Value::Null);
}

#[tokio::test]
async fn a_generation_comes_as_events_and_ends_with_a_reason() {
    let fixture = Fixture::new().await;
    let body =
        json!({ "text": "Hello", "max_new_tokens": 5, "seed": 4, "candidates": 2 });
    let events = events(&fixture, body).await;
    let (name, last) = events.last().unwrap();
    assert_eq!(name, "finished");
    assert!(last["reason"].is_string(), "{last}");
    let tokens: Vec<_> = events.iter().filter(|(name, _)| name == "token").collect();
    assert!((1..=5).contains(&tokens.len()));
    assert_eq!(tokens[0].1["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(tokens[0].1["type"], "token");
}

#[tokio::test]
async fn a_conversation_is_generated_with_its_prompt_first() {
    let fixture = Fixture::new().await;
    let messages = json!([{ "role": "user", "content": "Hi" }]);
    let body = json!({ "messages": messages, "max_new_tokens": 2 });
    let events = events(&fixture, body).await;
    assert_eq!(events[0].0, "prompt");
    assert!(events[0].1["tokens"].as_array().unwrap().len() > 3);
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_with_a_sentence() {
    let fixture = Fixture::new().await;
    let message = json!([{ "role": "user", "content": "Hi" }]);
    let refused = [
        ("/api/distribution", json!({}), "either"),
        ("/api/distribution", json!({ "text": "a", "ids": [1] }), "either"),
        ("/api/distribution", json!({ "ids": [] }), "nothing to continue"),
        ("/api/distribution", json!({ "ids": [9999] }), "9999"),
        ("/api/distribution", json!({ "ids": [5], "watch": [9999] }), "9999"),
        ("/api/distribution", json!({ "text": "a", "temprature": 1 }), "temprature"),
        ("/api/distribution", json!({ "text": "a", "top_p": 0 }), "top_p"),
        ("/api/distribution", json!({ "text": "a", "candidates": 51 }), "1 to 50"),
        ("/api/verify", json!({ "text": "a", "candidates": 0 }), "1 to 50"),
        ("/api/verify", json!({ "text": "a", "seed": 1 }), "seed is not known"),
        ("/api/verify", json!({ "ids": [] }), "nothing to continue"),
        ("/api/verify", json!({ "ids": [9999] }), "9999"),
        ("/api/score", json!({ "text": "" }), "empty"),
        ("/api/tokenize", json!({ "text": 5 }), "a text"),
        ("/api/tokenize", json!({ "text": "a", "continuation": 1 }), "true or false"),
        ("/api/generate", json!({ "text": "a", "max_new_tokens": 0 }), "1 to 512"),
        ("/api/generate", json!({ "text": "a", "messages": message }), "not several"),
        ("/api/generate", json!({ "messages": [] }), "messages"),
    ];
    for (path, body, reason) in refused {
        let error = fixture.post(path, &body).await.error(StatusCode::BAD_REQUEST);
        assert!(error.contains(reason), "{path} with {body} gave {error}");
    }
}

#[tokio::test]
async fn steps_of_the_sampler_are_told_and_the_model_s_own_numbers_stay() {
    let fixture = Fixture::new().await;
    let plain = json!({ "ids": [72, 105], "seed": 1, "candidates": 3 });
    let plain = answer(&fixture, "/api/distribution", plain).await;
    let first = plain["candidates"][0]["token"]["id"].clone();
    let second = plain["candidates"][1]["token"]["id"].clone();
    let body = json!({
        "ids": [72, 105], "seed": 1, "candidates": 3, "temperature": 0.5,
        "order": "temperature_last", "typical_p": 0.9, "repetition_penalty": 1.2,
        "presence_penalty": 0.5, "frequency_penalty": 0.25, "penalty_window": 1,
        "banned": [first], "logit_bias": [{ "id": second, "bias": 90 }],
        "prompt_tokens": 1
    });
    let seen = answer(&fixture, "/api/distribution", body).await;
    let stages = seen["stages"].as_array().unwrap().iter();
    let kinds: Vec<&str> = stages.map(|stage| stage["kind"].as_str().unwrap()).collect();
    let steps = [
        "logit_bias",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "banned",
        "typical_p",
    ];
    assert_eq!(kinds, steps);
    assert_eq!(seen["stages"][2]["changed"], 1);
    assert_eq!(seen["candidates"][0]["cut_by"], "banned");
    assert_eq!(
        seen["candidates"][0]["probability"],
        plain["candidates"][0]["probability"]
    );
    assert_eq!(seen["sampled"]["token"]["id"], second);
    for (extra, what) in [
        (json!({ "order": "last" }), "temperature_first"),
        (json!({ "banned": [259] }), "259 tokens"),
        (json!({ "logit_bias": [{ "id": 1 }] }), "logit_bias[0].bias is missing"),
        (json!({ "allowed": {} }), "either"),
        (json!({ "allowed": { "pattern": "(" } }), "unclosed group"),
    ] {
        let mut body = json!({ "text": "Hi" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let told = fixture.post("/api/distribution", body).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{extra}");
        assert!(told.text().contains(what), "{extra} gave {}", told.text());
    }
}

#[tokio::test]
async fn a_generation_writes_only_what_is_allowed() {
    let fixture = Fixture::new().await;
    for (allowed, texts) in [
        (json!({ "choices": ["yes", "no"] }), vec!["yes", "no"]),
        (json!({ "pattern": "[ab]c" }), vec!["ac", "bc"]),
    ] {
        for seed in 0..4 {
            let body = json!({ "text": "Hi", "seed": seed, "temperature": 2, "allowed": allowed });
            let events = events(&fixture, body).await;
            let bytes =
                events.iter().filter(|(name, _)| name == "token").flat_map(|event| {
                    let bytes = event.1["sampled"]["token"]["bytes"].as_array().unwrap();
                    bytes
                        .iter()
                        .map(|byte| byte.as_u64().unwrap() as u8)
                        .collect::<Vec<u8>>()
                });
            let text = String::from_utf8(bytes.collect()).unwrap();
            assert!(texts.contains(&text.as_str()), "{text}");
            let last = &events.last().unwrap().1;
            assert_eq!(last["reason"], "end_of_text");
        }
    }
}

#[tokio::test]
async fn draws_and_sweeps_are_of_the_distribution() {
    let fixture = Fixture::new().await;
    let text = json!({ "text": "Hi", "seed": 3, "candidates": 5, "top_k": 20 });
    let seen = answer(&fixture, "/api/distribution", text.clone()).await;
    let with = |extra: Value| {
        let mut body = text.clone();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let drawn = answer(&fixture, "/api/draw", with(json!({ "draws": 4000 }))).await;
    assert_eq!(drawn["tokens"][0]["candidate"], seen["candidates"][0]);
    assert_eq!(drawn["draws"], 4000);
    assert!(drawn["chi_square"]["p_value"].as_f64().unwrap() > 1e-4);
    let one =
        answer(&fixture, "/api/draw", with(json!({ "draws": 1, "candidates": 50 })))
            .await;
    let tokens = one["tokens"].as_array().unwrap().iter();
    let once =
        tokens.filter(|token| token["draws"] == 1).map(|token| &token["candidate"]);
    assert_eq!(once.collect::<Vec<_>>(), [&seen["sampled"]]);
    let sweep = with(json!({ "knob": "temperature", "values": [0.7, 0] }));
    let swept = answer(&fixture, "/api/sweep", sweep).await;
    let q = &seen["candidates"][2]["sampled_probability"];
    assert_eq!(swept["points"][0]["sampled_probabilities"][2], *q);
    assert_eq!(swept["points"][1]["sampled_probabilities"][0], 1.0);
    for (path, extra) in [
        ("/api/draw", json!({ "draws": 0 })),
        ("/api/draw", json!({ "draws": 100_001 })),
        ("/api/sweep", json!({ "knob": "seed", "values": [1] })),
        ("/api/sweep", json!({ "knob": "top_p", "values": [0] })),
        ("/api/sweep", json!({ "knob": "top_p", "values": [] })),
        ("/api/sweep", json!({ "knob": "top_p" })),
    ] {
        let told = fixture.post(path, with(extra.clone())).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{extra}");
    }
}
