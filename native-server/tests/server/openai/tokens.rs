//! Text into tokens and back, and tokens by their ids, as vLLM's clients ask.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::Fixture;

#[tokio::test]
async fn a_text_becomes_tokens_and_these_become_the_text_again() {
    let fixture = Fixture::new().await;
    let body = json!({ "prompt": "Hé<|im_end|>", "return_token_strs": true });
    let told = fixture.post("/tokenize", body).await.json();
    let tokens = told["tokens"].as_array().unwrap();
    // A token for each byte, and one for the name of a special token.
    assert_eq!((tokens.len(), &told["count"]), (4, &json!(4)), "{told}");
    assert_eq!(told["token_strs"][0], "H");
    assert_eq!(told["token_strs"][3], "<|im_end|>");
    assert!(told["max_model_len"].as_u64().unwrap() > 0);
    let back = fixture.post("/detokenize", json!({ "tokens": tokens })).await.json();
    assert_eq!(back, json!({ "prompt": "Hé<|im_end|>" }));
    let none = fixture.post("/tokenize", json!({ "prompt": "" })).await.json();
    assert_eq!(
        none,
        json!({
            "count": 0, "tokens": [], "token_strs": null,
            "max_model_len": told["max_model_len"]
        })
    );
}

#[tokio::test]
async fn a_conversation_becomes_the_tokens_that_its_completion_reads() {
    let fixture = Fixture::new().await;
    let messages = json!([
        { "role": "user", "content": "a" }, { "role": "assistant", "content": "b" }
    ]);
    for extra in [
        json!({}),
        json!({ "continue_final_message": true }),
        json!({ "chat_template_kwargs": { "enable_thinking": false } }),
    ] {
        let mut body = json!({ "messages": messages });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let told = fixture.post("/tokenize", &body).await.json();
        body["max_tokens"] = json!(1);
        let answer = fixture.post("/v1/chat/completions", &body).await.json();
        assert_eq!(told["count"], answer["usage"]["prompt_tokens"], "{extra}");
    }
}

#[tokio::test]
async fn what_cannot_be_turned_into_tokens_is_told() {
    let fixture = Fixture::new().await;
    let messages = json!([{ "role": "user", "content": "a" }]);
    for (path, body, told) in [
        ("/tokenize", json!({}), "prompt is missing"),
        ("/tokenize", json!({ "prompt": "a", "messages": messages }), "not both"),
        ("/tokenize", json!({ "messages": [] }), "no messages"),
        ("/tokenize", json!({ "prompt": "a", "chat_template": "x" }), "chat_template"),
        (
            "/tokenize",
            json!({ "messages": messages, "chat_template_kwargs": { "messages": 1 } }),
            "The variable messages",
        ),
        ("/detokenize", json!({}), "tokens is missing"),
        ("/detokenize", json!({ "tokens": [9999] }), "9999"),
        ("/detokenize", json!({ "tokens": [1], "model": "other" }), "other"),
    ] {
        let answer = fixture.post(path, &body).await;
        assert!(answer.status.is_client_error(), "{body}: {}", answer.text());
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(told), "{body}: {message}");
    }
}

#[tokio::test]
async fn tokens_are_told_by_their_ids_and_those_that_are_named_in_any_rank() {
    let fixture = Fixture::new().await;
    let plain = json!({
        "prompt": [50, 51], "max_tokens": 6, "logprobs": 1, "seed": 4, "ignore_eos": true
    });
    let mut by_id = plain.clone();
    by_id["return_tokens_as_token_ids"] = json!(true);
    by_id["logprob_token_ids"] = json!([7, 200]);
    let (plain, by_id) = (
        fixture.post("/v1/completions", &plain).await.json(),
        fixture.post("/v1/completions", &by_id).await.json(),
    );
    let (plain, by_id) = (&plain["choices"][0], &by_id["choices"][0]);
    assert_eq!(
        (&plain["text"], 6),
        (&by_id["text"], count(&by_id["logprobs"]["tokens"]))
    );
    assert_eq!(plain["finish_reason"], by_id["finish_reason"]);
    let probabilities = &by_id["logprobs"]["token_logprobs"];
    assert_eq!(&plain["logprobs"]["token_logprobs"], probabilities);
    let mut ids = vec![50, 51];
    for (place, top) in
        by_id["logprobs"]["top_logprobs"].as_array().unwrap().iter().enumerate()
    {
        let watched = json!({ "ids": ids, "watch": [7, 200] });
        let told = fixture.post("/api/distribution", watched).await.json();
        for (index, name) in ["token_id:7", "token_id:200"].into_iter().enumerate() {
            let expected = told["watched"][index]["probability"].as_f64().unwrap().ln();
            let given = top[name].as_f64().unwrap();
            assert!((given - expected).abs() < 1e-3, "{given} and {expected}");
        }
        let token = by_id["logprobs"]["tokens"][place].as_str().unwrap();
        assert!(top[token].is_number(), "the token that was drawn is there, too");
        ids.push(token.strip_prefix("token_id:").unwrap().parse().unwrap());
    }
}

#[tokio::test]
async fn a_prompt_s_tokens_are_told_with_their_ranks() {
    let fixture = Fixture::new().await;
    let body = json!({ "prompt": [50, 51, 52], "max_tokens": 1, "prompt_logprobs": 2 });
    let answer = fixture.post("/v1/completions", &body).await.json();
    let places = answer["choices"][0]["prompt_logprobs"].as_array().unwrap();
    assert_eq!((places.len(), &places[0]), (3, &Value::Null));
    let scores = fixture.post("/api/score", json!({ "ids": [50, 51, 52] })).await.json();
    for (index, id) in [(1, "51"), (2, "52")] {
        let (told, score) = (&places[index][id], &scores["tokens"][index]["score"]);
        assert_eq!(told["rank"], score["rank"]);
        let expected = score["probability"].as_f64().unwrap().ln();
        assert!((told["logprob"].as_f64().unwrap() - expected).abs() < 1e-3);
        let ranks: Vec<u64> = places[index]
            .as_object()
            .unwrap()
            .values()
            .map(|one| one["rank"].as_u64().unwrap())
            .collect();
        assert!(ranks.contains(&1) && ranks.contains(&2), "{ranks:?}");
    }
    let streamed = json!({ "prompt": "a", "prompt_logprobs": 1, "stream": true });
    let refused = fixture.post("/v1/completions", streamed).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_text_has_its_least_number_of_tokens_before_it_ends() {
    let fixture = Fixture::new().await;
    let ask = async |extra: Value| {
        let mut body = json!({
            "prompt": [50, 51], "max_tokens": 12, "logprobs": 0, "temperature": 0,
            "return_tokens_as_token_ids": true
        });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = fixture.post("/v1/completions", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["choices"][0].clone()
    };
    let free = ask(json!({ "ignore_eos": true })).await;
    let first = free["logprobs"]["tokens"][0].as_str().unwrap().to_owned();
    let id: u32 = first.strip_prefix("token_id:").unwrap().parse().unwrap();
    let stopped = ask(json!({ "stop_token_ids": [id] })).await;
    assert_eq!(stopped["finish_reason"], "stop");
    assert_eq!(count(&stopped["logprobs"]["tokens"]), 0);
    let kept = ask(json!({ "stop_token_ids": [id], "min_tokens": 5 })).await;
    let tokens = kept["logprobs"]["tokens"].as_array().unwrap();
    assert!(tokens.len() >= 5 && !tokens[..5].contains(&json!(first)), "{kept}");

    // A text to stop at does not count before that either.
    let text = free["text"].as_str().unwrap();
    let stop: String = text.chars().take(1).collect();
    let cut = ask(json!({ "stop": [stop], "ignore_eos": true })).await;
    assert_eq!(cut["text"], "");
    let late = ask(json!({ "stop": [stop], "ignore_eos": true, "min_tokens": 3 })).await;
    assert!(count(&late["logprobs"]["tokens"]) >= 3, "{late}");

    let most =
        ask(json!({ "max_tokens": 3, "min_tokens": 4, "stop_token_ids": [id] })).await;
    assert_eq!(count(&most["logprobs"]["tokens"]), 3);
}

#[tokio::test]
async fn the_token_that_ends_a_text_is_told_of_after_an_echo() {
    // Evaluation harnesses read one token more than they sent and drop the last.
    let fixture = Fixture::new().await;
    for seed in 0..40 {
        let body = json!({
            "prompt": [50, 51], "max_tokens": 1, "echo": true, "logprobs": 1,
            "temperature": 2, "seed": seed, "logit_bias": { "0": 100, "2": 100 }
        });
        let answer = fixture.post("/v1/completions", &body).await.json();
        let logprobs = &answer["choices"][0]["logprobs"];
        assert_eq!(count(&logprobs["tokens"]), 3, "{answer}");
        assert_eq!(count(&logprobs["token_logprobs"]), 3, "{answer}");
    }
}

fn count(list: &Value) -> usize {
    list.as_array().unwrap().len()
}
