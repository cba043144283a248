//! The routes about what could follow a text.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn answer(fixture: &Fixture, path: &str, body: Value) -> Value {
    let answer = fixture.post(path, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn control_tokens_are_read_only_on_purpose() {
    let fixture = Fixture::new().await;
    let count = async |special_tokens: bool| {
        let body = json!({
            "text": "<|im_end|>", "special_tokens": special_tokens, "continuation": true
        });
        let tokens = answer(&fixture, "/api/tokenize", body).await;
        tokens["tokens"].as_array().unwrap().len()
    };
    assert_eq!((count(false).await, count(true).await), (10, 1));
}

#[tokio::test]
async fn a_word_has_the_probability_that_its_score_has() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "Hello", "words": ["cat"], "temperature": 1.0 });
    let words = answer(&fixture, "/api/look-up", body).await;
    let words = words["words"].as_array().unwrap();
    assert_eq!(
        (&words[0]["form"], &words[1]["form"]),
        (&"as_typed".into(), &"with_space".into())
    );
    for (word, text) in words.iter().zip(["Hellocat", "Hello cat"]) {
        let scores = answer(&fixture, "/api/score", json!({ "text": text })).await;
        let bits: f64 = scores["tokens"].as_array().unwrap()[5..]
            .iter()
            .map(|token| token["score"]["surprisal_bits"].as_f64().unwrap())
            .sum();
        let log_p = word["log_probability"].as_f64().unwrap();
        assert!((log_p / std::f64::consts::LN_2 + bits).abs() < 1e-3, "{word}");
    }
}

#[tokio::test]
async fn a_tree_comes_whole_and_greedy_beam_search_is_greedy_text() {
    let fixture = Fixture::new().await;
    let body = json!({ "text": "Hello", "depth": 2, "width": 3 });
    let tree = answer(&fixture, "/api/grow", body).await;
    assert_eq!(
        tree["nodes"].as_u64().unwrap() as usize,
        tree["tree"].as_array().unwrap().len()
    );
    let body = json!({ "text": "Hello", "mode": "beam", "depth": 3, "width": 1 });
    let beam = answer(&fixture, "/api/grow", body).await;
    let grown: Vec<&Value> =
        beam["tree"].as_array().unwrap().iter().map(|node| &node["token"]).collect();
    let mut text = answer(&fixture, "/api/tokenize", json!({ "text": "Hello" })).await;
    let mut ids: Vec<Value> = text["tokens"]
        .take()
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["id"].clone())
        .collect();
    for token in grown {
        let body = json!({ "ids": ids, "temperature": 0 });
        let next = answer(&fixture, "/api/distribution", body).await;
        assert_eq!(&next["sampled"]["token"], token);
        ids.push(token["id"].clone());
    }
}

#[tokio::test]
async fn sides_are_compared_and_whole_distributions_told() {
    let fixture = Fixture::new().await;
    let body = json!({
        "first": { "text": "Hello", "seed": 1 }, "second": { "text": "Hollo", "seed": 1 }
    });
    let comparison = answer(&fixture, "/api/compare", body).await;
    assert!(comparison["p"]["jensen_shannon"].as_f64().unwrap() > 0.0);
    let whole =
        answer(&fixture, "/api/log-probabilities", json!({ "text": "Hello" })).await;
    let whole: protocol::LogProbabilities = serde_json::from_value(whole).unwrap();
    let sum: f32 = whole.values().unwrap().iter().map(|log_p| log_p.exp()).sum();
    assert!((sum - 1.0).abs() < 1e-4);
}

#[tokio::test]
async fn questions_about_continuations_that_make_no_sense_are_refused() {
    let fixture = Fixture::new().await;
    let refused = [
        ("/api/look-up", json!({ "text": "a" }), "words is missing"),
        ("/api/look-up", json!({ "text": "a", "words": [5] }), "words[0]"),
        ("/api/look-up", json!({ "text": "a", "words": [] }), "1 to 16"),
        ("/api/grow", json!({ "text": "a", "mode": "bush" }), "\"tree\" or \"beam\""),
        ("/api/grow", json!({ "text": "a", "depth": 0 }), "1 to 32"),
        ("/api/grow", json!({ "text": "a", "mass": 0 }), "mass"),
        ("/api/compare", json!({ "first": { "text": "a" } }), "second is missing"),
        (
            "/api/compare",
            json!({ "first": { "text": "a" }, "second": { "text": "b", "top": 1 } }),
            "second.top",
        ),
        ("/api/log-probabilities", json!({}), "either"),
    ];
    for (path, body, reason) in refused {
        let error = fixture.post(path, &body).await.error(StatusCode::BAD_REQUEST);
        assert!(error.contains(reason), "{path} with {body} gave {error}");
    }
}
