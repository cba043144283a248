//! The routes that tell how a prediction came about.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn answer(fixture: &Fixture, path: &str, body: Value) -> Value {
    let answer = fixture.post(&format!("/api/inside/{path}"), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[tokio::test]
async fn the_last_layer_of_the_lens_is_the_distribution() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "Hello", "positions": 2, "follow": [7] });
    let lens = answer(&fixture, "lens", body).await;
    let positions = list(&lens["positions"]);
    assert_eq!(
        (&positions[0]["position"], &positions[1]["position"]),
        (&json!(4), &json!(5))
    );
    let body = json!({ "text": "Hello", "candidates": 5, "seed": 1, "watch": [7] });
    let shown = fixture.post("/api/distribution", body).await.json();
    let last = list(&positions[1]["layers"]).last().unwrap();
    for (top, shown) in list(&last["top"]).iter().zip(list(&shown["candidates"])) {
        assert_eq!(top["token"], shown["token"]);
        let p = |value: &Value| value["probability"].as_f64().unwrap();
        assert!((p(top) - p(shown)).abs() < 1e-4);
    }
    assert_eq!(last["followed"][1]["rank"], shown["watched"][0]["rank"]);
}

#[tokio::test]
async fn attention_has_a_weight_for_each_token() {
    let fixture = Fixture::new().await;
    let attention = answer(&fixture, "attention", json!({ "text": "Hello" })).await;
    assert_eq!(attention["position"], 5);
    for layer in list(&attention["layers"]) {
        for head in list(&layer["heads"]) {
            let sum: f64 = list(head).iter().map(|weight| weight.as_f64().unwrap()).sum();
            assert!((sum - 1.0).abs() < 1e-5 && list(head).len() == 5);
        }
    }
}

#[tokio::test]
async fn parts_are_removed_in_their_order() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "a bc d", "unit": "word", "target": 7 });
    let occlusion = answer(&fixture, "occlusion", body).await;
    assert_eq!((&occlusion["target"]["id"], &occlusion["units"]), (&json!(7), &json!(3)));
    let starts: Vec<&Value> =
        list(&occlusion["parts"]).iter().map(|part| &part["start"]).collect();
    assert_eq!(starts, [0, 1, 4]);
    for part in list(&occlusion["parts"]) {
        assert!(part["log_probability"].as_f64().unwrap() < 0.0);
    }
}

#[tokio::test]
async fn contributions_add_up() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "Hello", "tokens": [7, 8] });
    let sums = answer(&fixture, "attribution", body).await;
    assert_eq!(sums["parts"][1], json!({ "part": "attention", "layer": 0 }));
    for token in list(&sums["tokens"]) {
        let parts = list(&token["contributions"]);
        assert_eq!(parts.len(), list(&sums["parts"]).len());
        let sum: f64 = parts.iter().map(|part| part.as_f64().unwrap()).sum();
        assert!((sum - token["logit"].as_f64().unwrap()).abs() < 1e-2, "{token}");
    }
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_with_a_sentence() {
    let fixture = Fixture::new().await;
    let refused = [
        ("lens", json!({ "text": "a", "positions": 65 }), "1 to 64"),
        ("lens", json!({ "text": "a", "candidates": 0 }), "1 to 20"),
        ("lens", json!({ "text": "a", "follow": [9999] }), "9999"),
        ("attention", json!({ "text": "a", "layer": 1 }), "layer is not known"),
        ("attention", json!({}), "either"),
        ("occlusion", json!({ "text": "a", "unit": "page" }), "\"sentence\""),
        ("occlusion", json!({ "text": "a", "target": 9999 }), "9999"),
        ("occlusion", json!({ "ids": [] }), "nothing to continue"),
        ("attribution", json!({ "text": "a", "tokens": [9999] }), "9999"),
    ];
    for (path, body, reason) in refused {
        let path = format!("/api/inside/{path}");
        let error = fixture.post(&path, &body).await.error(StatusCode::BAD_REQUEST);
        assert!(error.contains(reason), "{path} with {body} gave {error}");
    }
}
