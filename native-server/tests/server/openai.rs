//! What of OpenAI's API the official client does not show: the bytes of streams, and
//! errors before the model is there.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, request};

fn question() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 3, "seed": 1 })
}

fn error(answer: &Answer, status: StatusCode) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = answer.json()["error"].clone();
    assert!(!error["message"].as_str().unwrap().is_empty());
    error
}

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

/// The answer to a question, which is refused on account of a member; the sentence.
async fn refused(fixture: &Fixture, path: &str, body: &Value, param: &str) -> String {
    let answer = fixture.post(path, body).await;
    let error = error(&answer, StatusCode::BAD_REQUEST);
    assert_eq!(error["param"], param, "{body} gave {error}");
    let message = error["message"].as_str().unwrap().to_owned();
    for word in ["u32", "i64", "invalid type", "expected", "variant", "missing field"] {
        assert!(!message.contains(word), "{body} gave {message}");
    }
    message
}

fn with(extra: &Value) -> Value {
    let mut body = question();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn members_that_would_change_the_answer_are_refused_by_their_names() {
    let fixture = Fixture::new().await;
    for (extra, param) in [
        (
            json!({ "chat_template_kwargs": { "enable_thinking": false } }),
            "chat_template_kwargs",
        ),
        (json!({ "enable_thinking": false }), "enable_thinking"),
        (json!({ "reasoning_effort": "low" }), "reasoning_effort"),
        (json!({ "repetition_penalty": 1.3 }), "repetition_penalty"),
        (json!({ "repeat_penalty": 1.3 }), "repeat_penalty"),
        (json!({ "presence_penalty": 1 }), "presence_penalty"),
        (json!({ "min_tokens": 7 }), "min_tokens"),
        (json!({ "prompt_logprobs": 1 }), "prompt_logprobs"),
        (json!({ "tool_choice": "required" }), "tool_choice"),
        (json!({ "tools": [{ "type": "function" }] }), "tools"),
        (json!({ "guided_regex": "a+" }), "guided_regex"),
        (json!({ "grammar": "root ::= [a]" }), "grammar"),
        (json!({ "structured_outputs": {} }), "structured_outputs"),
        (json!({ "continue_final_message": true }), "continue_final_message"),
        (json!({ "add_generation_prompt": false }), "add_generation_prompt"),
        (json!({ "best_of": 3 }), "best_of"),
        (json!({ "max_new_tokens": 2 }), "max_new_tokens"),
        (json!({ "response_format": { "type": "json_object" } }), "response_format"),
        (json!({ "stream_options": {} }), "stream_options"),
        (json!({ "stream": true, "stream_options": { "x": 1 } }), "stream_options.x"),
    ] {
        refused(&fixture, "/v1/chat/completions", &with(&extra), param).await;
    }
    let typo = with(&json!({ "Temperature": 2 }));
    let told = refused(&fixture, "/v1/chat/completions", &typo, "Temperature").await;
    assert!(told.contains("Write it as temperature."), "{told}");
}

#[tokio::test]
async fn members_that_want_nothing_are_taken() {
    let fixture = Fixture::new().await;
    for extra in [
        json!({ "user": "someone", "metadata": { "a": "b" }, "store": false }),
        json!({ "repetition_penalty": 1.0, "repeat_penalty": 1, "min_tokens": 0 }),
        json!({ "presence_penalty": 0.0, "frequency_penalty": 0, "logit_bias": {} }),
        json!({ "tools": [], "tool_choice": "none", "parallel_tool_calls": true }),
        json!({ "response_format": { "type": "text" }, "modalities": ["text"] }),
        json!({ "chat_template_kwargs": {}, "add_generation_prompt": true }),
        json!({ "max_tokens": -1, "top_k": -1, "stop": "", "max_completion_tokens": 2 }),
        json!({ "stop": ["", "zz"], "top_k": 0, "seed": u64::MAX }),
        json!({ "seed": -1, "top_p": 0, "stream_options": null }),
    ] {
        let answer = fixture.post("/v1/chat/completions", with(&extra)).await;
        assert_eq!(answer.status, StatusCode::OK, "{extra} gave {}", answer.text());
    }
}

#[tokio::test]
async fn values_that_cannot_be_are_told_with_what_can() {
    let fixture = Fixture::new().await;
    for (extra, param, what) in [
        (json!({ "top_k": -2 }), "top_k", "whole number"),
        (json!({ "max_tokens": -2 }), "max_tokens", "whole number"),
        (json!({ "max_tokens": 0 }), "max_tokens", "1 to 4096"),
        (json!({ "max_completion_tokens": 0 }), "max_completion_tokens", "1 to 4096"),
        (json!({ "max_tokens": "5" }), "max_tokens", "whole number"),
        (json!({ "temperature": "hot" }), "temperature", "a number"),
        (json!({ "temperature": 3 }), "temperature", "0 to 2"),
        (json!({ "stop": [null] }), "stop", "a text, or a list"),
        (json!({ "stop": ["a", "b", "c", "d", "e"] }), "stop", "up to 4"),
        (json!({ "stop_token_ids": [-1] }), "stop_token_ids[0]", "a token id"),
        (json!({ "stop_token_ids": [259] }), "stop_token_ids", "259 tokens"),
        (json!({ "seed": 1.5 }), "seed", "64 bits"),
        (json!({ "n": 9 }), "n", "1 to 8"),
        (json!({ "logprobs": 5 }), "logprobs", "true or false"),
        (json!({ "logprobs": true, "top_logprobs": 21 }), "top_logprobs", "0 to 20"),
        (json!({ "stream": "yes" }), "stream", "true or false"),
        (json!({ "messages": "Hi" }), "messages", "a list"),
        (json!({ "messages": null }), "messages", "missing"),
        (json!({ "model": 5 }), "model", "a text"),
    ] {
        let told = refused(&fixture, "/v1/chat/completions", &with(&extra), param).await;
        assert!(told.contains(what), "{extra} gave {told}");
    }
    for (body, param) in [
        (json!({}), "prompt"),
        (json!({ "prompt": [] }), "prompt"),
        (json!({ "prompt": ["a", 5] }), "prompt"),
        (json!({ "prompt": "a", "logprobs": 21 }), "logprobs"),
        (json!({ "prompt": "a", "logprobs": -1 }), "logprobs"),
        (json!({ "prompt": "a", "max_tokens": 0 }), "max_tokens"),
        (json!({ "prompt": "a", "suffix": "b" }), "suffix"),
        (json!({ "prompt": "a", "best_of": 3 }), "best_of"),
    ] {
        refused(&fixture, "/v1/completions", &body, param).await;
    }
}

#[tokio::test]
async fn messages_without_text_are_taken_where_they_can_have_none() {
    let fixture = Fixture::new().await;
    let call = json!([{ "id": "x", "type": "function",
        "function": { "name": "f", "arguments": "{}" } }]);
    let user = json!({ "role": "user", "content": "Hi" });
    for message in [
        json!({ "role": "assistant", "content": null, "tool_calls": call }),
        json!({ "role": "assistant", "tool_calls": call }),
        json!({ "role": "assistant", "content": "a", "refusal": null, "annotations": [] }),
        json!({ "role": "assistant", "content": [{ "type": "refusal", "refusal": "no" }] }),
        json!({ "role": "developer", "content": [{ "type": "text", "text": "a" }] }),
        json!({ "role": "assistant", "content": null, "refusal": "no" }),
    ] {
        let body = with(&json!({ "messages": [user, message, user] }));
        let answer = fixture.post("/v1/chat/completions", body).await;
        // What comes first can still be more than a template takes.
        let refused_by_template = answer.text().contains("template");
        let ok = answer.status == StatusCode::OK || refused_by_template;
        assert!(ok, "{message} gave {}", answer.text());
    }
    for (message, param) in [
        (json!({ "role": "assistant" }), "messages[1].content"),
        (json!({ "role": "assistant", "content": null }), "messages[1].content"),
        (json!({ "role": "user", "content": 5 }), "messages[1].content"),
        (json!({ "role": "User", "content": "a" }), "messages[1].role"),
        (json!({ "content": "a" }), "messages[1].role"),
        (
            json!({ "role": "tool", "content": "a", "tool_call_id": "y" }),
            "messages[1].role",
        ),
        (
            json!({ "role": "user", "content": "a", "tool_calls": call }),
            "messages[1].tool_calls",
        ),
        (json!({ "role": "user", "content": "a", "name": "b" }), "messages[1].name"),
        (
            json!({ "role": "user", "content": [{ "type": "image_url" }] }),
            "messages[1].content[0].type",
        ),
        (
            json!({ "role": "user", "content": [{ "type": "text" }] }),
            "messages[1].content[0].text",
        ),
        (json!("Hi"), "messages[1]"),
    ] {
        let body = with(&json!({ "messages": [user, message] }));
        refused(&fixture, "/v1/chat/completions", &body, param).await;
    }
}

#[tokio::test]
async fn a_prompt_is_echoed_with_what_the_model_made_of_each_token() {
    let fixture = Fixture::new().await;
    let scores = fixture.post("/api/score", json!({ "text": "Hé!" })).await.json();
    let scored: Vec<f64> = scores["tokens"].as_array().unwrap()[1..]
        .iter()
        .map(|token| token["score"]["probability"].as_f64().unwrap().ln())
        .collect();
    for (logprobs, most) in [(json!(0), 1), (json!(3), 4), (json!(true), 2)] {
        let body = json!({
            "prompt": "Hé!", "echo": true, "logprobs": logprobs, "max_tokens": 0
        });
        let answer = fixture.post("/v1/completions", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let answer = answer.json();
        let choice = &answer["choices"][0];
        assert_eq!(
            (&choice["text"], &choice["finish_reason"]),
            (&json!("Hé!"), &json!("length"))
        );
        assert_eq!(answer["usage"]["completion_tokens"], 0);
        let logprobs = &choice["logprobs"];
        // One for each byte; the second and third are one character.
        assert_eq!(logprobs["text_offset"], json!([0, 1, 2, 2]));
        let told = logprobs["token_logprobs"].as_array().unwrap();
        assert_eq!(told[0], Value::Null);
        assert!(told.len() > 1 && told.len() == scored.len() + 1);
        for (told, scored) in told[1..].iter().zip(&scored) {
            assert!(
                (told.as_f64().unwrap() - scored).abs() < 1e-3,
                "{told} and {scored}"
            );
        }
        let top = logprobs["top_logprobs"].as_array().unwrap();
        assert_eq!(top[0], Value::Null);
        assert_eq!(top.len(), logprobs["tokens"].as_array().unwrap().len());
        for (top, token) in
            top[1..].iter().zip(&logprobs["tokens"].as_array().unwrap()[1..])
        {
            let top = top.as_object().unwrap();
            assert!(top.len() <= most && top.contains_key(token.as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn an_echo_of_ids_goes_on_with_the_completion_in_one_list() {
    let fixture = Fixture::new().await;
    let body = json!({
        "prompt": [[50, 51, 52], [60, 61]], "echo": true, "logprobs": 1, "max_tokens": 2,
        "ignore_eos": true, "seed": 1, "top_k": 1
    });
    let whole = fixture.post("/v1/completions", &body).await.json();
    for (index, prompt) in [3, 2].into_iter().enumerate() {
        let choice = &whole["choices"][index];
        let logprobs = &choice["logprobs"];
        let tokens = logprobs["tokens"].as_array().unwrap();
        assert!(tokens.len() > prompt, "{choice}");
        assert_eq!(logprobs["token_logprobs"].as_array().unwrap().len(), tokens.len());
        let offsets = logprobs["text_offset"].as_array().unwrap();
        assert_eq!(offsets[prompt], prompt, "{choice}");
    }
    let mut streamed = body.clone();
    streamed["prompt"] = json!([50, 51, 52]);
    streamed["stream"] = json!(true);
    let text = fixture.post("/v1/completions", &streamed).await.text();
    let chunks = text.lines().filter_map(|line| line.strip_prefix("data: {"));
    let mut tokens = Vec::new();
    for chunk in chunks {
        let chunk: Value = serde_json::from_str(&format!("{{{chunk}")).unwrap();
        let logprobs = &chunk["choices"][0]["logprobs"]["tokens"];
        tokens.extend(logprobs.as_array().unwrap().clone());
    }
    assert_eq!(json!(tokens), whole["choices"][0]["logprobs"]["tokens"]);
}

#[tokio::test]
async fn tokens_that_stop_a_text_do_so_and_its_own_end_can_be_ignored() {
    let fixture = Fixture::new().await;
    let ask = async |extra: Value| {
        let mut body =
            json!({ "prompt": "Once", "seed": 3, "temperature": 0, "max_tokens": 20 });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = fixture.post("/v1/completions", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    };
    let all = ask(json!({ "ignore_eos": true })).await;
    assert_eq!(all["usage"]["completion_tokens"], 20);
    assert_eq!(all["choices"][0]["finish_reason"], "length");
    let ids: Vec<u32> = (0..259).collect();
    let stopped = ask(json!({ "stop_token_ids": ids[..64] })).await;
    assert!(stopped["usage"]["completion_tokens"].as_u64().unwrap() <= 20);
    let first =
        fixture.post("/api/distribution", json!({ "text": "Once", "temperature": 0 }));
    let first = first.await.json()["sampled"]["token"]["id"].clone();
    let stopped = ask(json!({ "stop_token_ids": [first] })).await;
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    assert_eq!(stopped["choices"][0]["text"], "");
    assert_eq!(stopped["usage"]["completion_tokens"], 1);
}
