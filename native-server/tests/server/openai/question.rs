//! A question, and the error that it is answered with.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture};

pub(crate) fn question() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 3, "seed": 1 })
}

pub(crate) fn error(answer: &Answer, status: StatusCode) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = answer.json()["error"].clone();
    assert!(!error["message"].as_str().unwrap().is_empty());
    error
}

/// The answer to a question, which is refused on account of a member; the sentence.
pub(crate) async fn refused(
    fixture: &Fixture,
    path: &str,
    body: &Value,
    param: &str,
) -> String {
    let answer = fixture.post(path, body).await;
    let error = error(&answer, StatusCode::BAD_REQUEST);
    assert_eq!(error["param"], param, "{body} gave {error}");
    let message = error["message"].as_str().unwrap().to_owned();
    for word in ["u32", "i64", "invalid type", "expected", "variant", "missing field"] {
        assert!(!message.contains(word), "{body} gave {message}");
    }
    message
}

pub(crate) fn with(extra: &Value) -> Value {
    let mut body = question();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}
