//! The newer of OpenAI's APIs, in its text form.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn answered(fixture: &Fixture, body: Value) -> Value {
    let answer = fixture.post("/v1/responses", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn an_answer_is_that_of_the_chat_in_another_form() {
    let fixture = Fixture::new().await;
    let chat = json!({
        "messages": [{ "role": "system", "content": "Be brief." },
                     { "role": "user", "content": "Hi" }],
        "max_tokens": 8, "seed": 3
    });
    let chat = fixture.post("/v1/chat/completions", chat).await.json();
    let text = &chat["choices"][0]["message"]["content"];
    for input in [
        json!("Hi"),
        json!([{ "role": "user", "content": "Hi" }]),
        json!([{ "type": "message", "role": "user",
                 "content": [{ "type": "input_text", "text": "H" },
                             { "type": "input_text", "text": "i" }] }]),
    ] {
        let body = json!({
            "input": input, "instructions": "Be brief.", "max_output_tokens": 8, "seed": 3
        });
        let answer = answered(&fixture, body).await;
        let message = &answer["output"][0];
        assert_eq!(&message["content"][0]["text"], text);
        assert_eq!(message["content"][0]["type"], "output_text");
        assert_eq!(answer["usage"]["input_tokens"], chat["usage"]["prompt_tokens"]);
        assert_eq!(answer["usage"]["output_tokens"], chat["usage"]["completion_tokens"]);
        let (status, reason) = match chat["choices"][0]["finish_reason"].as_str() {
            Some("length") => ("incomplete", json!({ "reason": "max_output_tokens" })),
            _ => ("completed", Value::Null),
        };
        assert_eq!(answer["status"], status);
        assert_eq!(answer["incomplete_details"], reason);
    }
}

#[tokio::test]
async fn an_answer_can_be_sent_back_as_part_of_the_next_input() {
    let fixture = Fixture::new().await;
    let first =
        answered(&fixture, json!({ "input": "Hi", "max_output_tokens": 4 })).await;
    let mut input = vec![json!({ "role": "user", "content": "Hi" })];
    input.extend(first["output"].as_array().unwrap().clone());
    input.push(json!({ "role": "user", "content": "More" }));
    let second = json!({ "input": input, "max_output_tokens": 4 });
    let second = answered(&fixture, second).await;
    assert!(
        second["usage"]["input_tokens"].as_u64()
            > first["usage"]["input_tokens"].as_u64()
    );
}

#[tokio::test]
async fn a_stream_tells_the_same_answer_in_numbered_events() {
    let fixture = Fixture::new().await;
    let mut body = json!({ "input": "Hi", "max_output_tokens": 12, "seed": 5 });
    let whole = answered(&fixture, body.clone()).await;
    body["stream"] = json!(true);
    let text = fixture.post("/v1/responses", &body).await.text();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let named: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let kinds: Vec<&str> =
        events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(named, kinds);
    assert_eq!(
        kinds[..4],
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
        ]
    );
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let deltas: String =
        events.iter().filter_map(|event| event["delta"].as_str()).collect();
    let expected = whole["output"][0]["content"][0]["text"].as_str().unwrap();
    assert_eq!(deltas, expected);
    let last = &events.last().unwrap()["response"];
    assert_eq!(last["output"][0]["content"], whole["output"][0]["content"]);
    assert_eq!(last["status"], whole["status"]);
    assert_eq!(last["usage"]["total_tokens"], whole["usage"]["total_tokens"]);
}

#[tokio::test]
async fn what_would_have_an_effect_that_is_not_there_is_refused_by_its_name() {
    let fixture = Fixture::new().await;
    for (extra, param) in [
        (json!({ "previous_response_id": "resp_1" }), "previous_response_id"),
        (json!({ "tools": [{ "type": "web_search" }] }), "tools"),
        (json!({ "text": { "format": { "type": "json_object" } } }), "text"),
        (json!({ "reasoning": { "effort": "high" } }), "reasoning"),
        (json!({ "truncation": "auto" }), "truncation"),
        (json!({ "background": true }), "background"),
        (json!({ "input": [] }), "input"),
        (json!({ "input": null }), "input"),
        (json!({ "input": [{ "type": "function_call", "name": "f" }] }), "input[0].type"),
        (
            json!({ "input": [{ "role": "user",
                "content": [{ "type": "input_image", "image_url": "x" }] }] }),
            "input[0].content[0].type",
        ),
        (json!({ "max_output_tokens": 0 }), "max_output_tokens"),
        (json!({ "max_tokens": 4 }), "max_tokens"),
    ] {
        let mut body = json!({ "input": "Hi" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = fixture.post("/v1/responses", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{extra}: {}", answer.text());
        assert_eq!(answer.json()["error"]["param"], param, "{extra}");
    }
    let effortless = json!({
        "input": "Hi", "max_output_tokens": 2, "tools": [], "tool_choice": "auto",
        "text": { "format": { "type": "text" } }, "reasoning": { "effort": null },
        "truncation": "disabled", "store": true, "metadata": { "a": "b" }
    });
    answered(&fixture, effortless).await;
}
