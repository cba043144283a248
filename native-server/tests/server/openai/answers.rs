//! Streams, names and the shape of errors.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::question::{error, question};
use crate::fixture::{Fixture, request};

#[tokio::test]
async fn a_stream_is_made_of_chunks_and_ends_with_done() {
    let fixture = Fixture::new().await;
    let mut body = question();
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let answer = fixture.post("/v1/chat/completions", body).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let text = answer.text();
    let data: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> = data[..data.len() - 1]
        .iter()
        .map(|chunk| serde_json::from_str(chunk).unwrap())
        .collect();
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"));
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]));
    let (usage, chunks) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["total_tokens"].as_u64() > Some(3));
    assert!(chunks.iter().all(|chunk| chunk["usage"].is_null()));
    let reasons = chunks.iter().map(|chunk| &chunk["choices"][0]["finish_reason"]);
    assert_eq!(reasons.filter(|reason| !reason.is_null()).count(), 1);
}

#[tokio::test]
async fn an_answer_that_was_begun_goes_on_and_is_not_repeated() {
    let fixture = Fixture::new().await;
    let begun = |content: &str| {
        json!({
            "messages": [
                { "role": "user", "content": "Hi" },
                { "role": "assistant", "content": content }
            ],
            "max_tokens": 3, "seed": 1, "temperature": 0,
            "continue_final_message": true, "add_generation_prompt": false
        })
    };
    let of = async |body: Value| {
        let answer = fixture.post("/v1/chat/completions", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let answer = answer.json();
        let text =
            answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        (text, answer["usage"]["prompt_tokens"].as_u64().unwrap())
    };
    // With nothing begun, it is the answer that begins after the last message.
    let mut plain = question();
    plain["temperature"] = json!(0);
    let (fresh, prompt) = of(plain).await;
    assert_eq!(of(begun("")).await, (fresh, prompt));
    let (text, longer) = of(begun("Once upon a time")).await;
    assert!(longer > prompt && !text.contains("Once upon a time"), "{text}");
}

#[tokio::test]
async fn what_is_null_counts_as_not_given() {
    let fixture = Fixture::new().await;
    let mut body = question();
    for field in ["stop", "n", "top_p", "stream", "stream_options", "tools", "logit_bias"]
    {
        body[field] = Value::Null;
    }
    let answer = fixture.post("/v1/chat/completions", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn no_model_is_named_by_the_place_where_it_lies() {
    let fixture = Fixture::new().await;
    let models = fixture.get("/v1/models").await;
    assert_eq!(models.json()["data"][0]["id"], "tiny-model");
    let folder = fixture.folder.path().display().to_string();
    for path in [
        "/v1/models",
        "/v1/models/other",
        "/api/models",
        "/api/openapi.json",
        "/api/docs",
        "/metrics",
        "/healthz",
        "/",
    ] {
        let answer = fixture.get(path).await;
        assert!(!answer.text().contains(&folder), "{path}: {}", answer.text());
    }
    for (path, body) in [
        ("/v1/completions", json!({ "prompt": "a", "model": "other" })),
        ("/api/score", json!({ "text": 5 })),
        ("/api/next-token", json!({ "text": "" })),
    ] {
        let answer = fixture.post(path, body).await;
        assert!(answer.status.is_client_error());
        assert!(!answer.text().contains(&folder), "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_the_routes_they_come_from() {
    let fixture = Fixture::loading();
    let loading = fixture.post("/v1/chat/completions", question()).await;
    let unavailable = error(&loading, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unavailable["type"], "server_error");
    assert_eq!(loading.header("retry-after"), "1");
    let junk = fixture.post("/v1/completions", "{").await;
    assert_eq!(error(&junk, StatusCode::BAD_REQUEST)["type"], "invalid_request_error");
    error(&fixture.get("/v1/files").await, StatusCode::NOT_FOUND);
    error(&fixture.get("/v1/completions").await, StatusCode::METHOD_NOT_ALLOWED);
    let other = [("origin", "https://example.com")];
    let request = request(Method::GET, "/v1/models", &other, "");
    error(&fixture.send(request).await, StatusCode::FORBIDDEN);
}
