//! How tokens are drawn, by the names of OpenAI's API and of servers that have more in it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

/// The text that is written after a prompt with some members.
async fn written(fixture: &Fixture, extra: Value) -> String {
    let mut body =
        json!({ "prompt": "Hi", "max_tokens": 12, "seed": 1, "temperature": 0 });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = fixture.post("/v1/completions", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{extra}: {}", answer.text());
    answer.json()["choices"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_bias_forces_or_keeps_out_a_token() {
    let fixture = Fixture::new().await;
    // The tiny model's tokens are bytes: three control tokens, then each byte.
    let ids = fixture.post("/api/tokenize", json!({ "text": "z" })).await.json();
    let z = ids["tokens"].as_array().unwrap().last().unwrap()["id"].to_string();
    let all =
        written(&fixture, json!({ "logit_bias": { &*z: 100 }, "max_tokens": 5 })).await;
    assert_eq!(all, "zzzzz");
    let none =
        written(&fixture, json!({ "logit_bias": { &*z: 100 }, "frequency_penalty": 2 }));
    // Each z costs 2 of 100, so the 12 of them stay the best.
    assert_eq!(none.await, "z".repeat(12));
}

#[tokio::test]
async fn penalties_change_what_is_written_in_each_of_their_names() {
    let fixture = Fixture::new().await;
    let plain = written(&fixture, json!({})).await;
    let one = written(&fixture, json!({ "repetition_penalty": 1.9 })).await;
    let other = written(&fixture, json!({ "repeat_penalty": 1.9 })).await;
    assert_eq!(one, other);
    let present = written(&fixture, json!({ "presence_penalty": 2 })).await;
    let frequent = written(&fixture, json!({ "frequency_penalty": 2 })).await;
    assert!([one, present, frequent].iter().any(|text| *text != plain));
    written(&fixture, json!({ "typical_p": 0.5, "temperature": 1 })).await;
}

#[tokio::test]
async fn an_answer_is_one_of_the_texts_that_are_allowed() {
    let fixture = Fixture::new().await;
    for extra in [
        json!({ "guided_choice": ["left", "right"] }),
        json!({ "guided_regex": "left|right" }),
        json!({ "structured_outputs": { "choice": ["left", "right"] } }),
        json!({ "structured_outputs": { "regex": "left|right" }, "ignore_eos": true }),
    ] {
        let text = written(&fixture, extra).await;
        assert!(["left", "right"].contains(&text.as_str()), "{text:?}");
    }
}
