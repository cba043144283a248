//! Prompts that are echoed, and tokens that stop a text.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

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
        for (told, scored) in told[1..].iter().zip(&scored) {
            assert!(
                (told.as_f64().unwrap() - scored).abs() < 1e-3,
                "{told} and {scored}"
            );
        }
        let top = logprobs["top_logprobs"].as_array().unwrap();
        assert_eq!(top[0], Value::Null);
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
