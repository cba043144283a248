//! Members of a question: which are taken, which are refused, and with what words.

use axum::http::StatusCode;
use serde_json::json;

use super::question::{refused, with};
use crate::fixture::Fixture;

#[tokio::test]
async fn members_that_would_change_the_answer_are_refused_by_their_names() {
    let fixture = Fixture::new().await;
    for (extra, param) in [
        (json!({ "chat_template_kwargs": [1] }), "chat_template_kwargs"),
        (json!({ "enable_thinking": false }), "enable_thinking"),
        (json!({ "reasoning_effort": "low" }), "reasoning_effort"),
        (json!({ "repeat_penalty": 1.3, "repetition_penalty": 1.2 }), "repeat_penalty"),
        (json!({ "repeat_last_n": 64 }), "repeat_last_n"),
        (json!({ "prompt_logprobs": 1 }), "prompt_logprobs"),
        (json!({ "tool_choice": "required" }), "tool_choice"),
        (json!({ "tools": [{ "type": "function" }] }), "tools"),
        (json!({ "guided_regex": "a+", "guided_choice": ["a"] }), "guided_choice"),
        (json!({ "structured_outputs": { "json": {} } }), "structured_outputs.json"),
        (json!({ "grammar": "root ::= [a]" }), "grammar"),
        (json!({ "structured_outputs": {} }), "structured_outputs"),
        (json!({ "add_generation_prompt": false }), "add_generation_prompt"),
        (
            json!({ "continue_final_message": true, "add_generation_prompt": true }),
            "add_generation_prompt",
        ),
        (json!({ "best_of": 3 }), "best_of"),
        (json!({ "mirostat": 2 }), "mirostat"),
        (json!({ "use_beam_search": true }), "use_beam_search"),
        (json!({ "xtc_probability": 0.5 }), "xtc_probability"),
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
        json!({ "presence_penalty": 0.0, "frequency_penalty": 0, "logit_bias": {} }),
        json!({ "tools": [], "tool_choice": "none", "parallel_tool_calls": true }),
        json!({ "repetition_penalty": 1.0, "repeat_penalty": 1, "min_tokens": 2 }),
        json!({ "response_format": { "type": "text" }, "modalities": ["text"] }),
        json!({ "chat_template_kwargs": { "enable_thinking": false } }),
        json!({ "chat_template_kwargs": {}, "add_generation_prompt": true }),
        json!({ "max_tokens": -1, "top_k": -1, "stop": "", "max_completion_tokens": 2 }),
        json!({ "stop": ["", "zz"], "top_k": 0, "seed": u64::MAX }),
        json!({ "mirostat": 0, "tfs_z": 1, "top_a": 0.0, "xtc_probability": 0 }),
        json!({ "use_beam_search": false, "skip_special_tokens": true, "n_predict": -1 }),
        json!({ "cache_prompt": true, "dry_multiplier": 0, "length_penalty": 1.0 }),
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
        (json!({ "stop": vec!["a"; 65] }), "stop", "up to 64"),
        (json!({ "stop_token_ids": [-1] }), "stop_token_ids[0]", "a token id"),
        (json!({ "stop_token_ids": [259] }), "stop_token_ids", "259 tokens"),
        (json!({ "seed": 1.5 }), "seed", "64 bits"),
        (json!({ "n": 9 }), "n", "1 to 8"),
        (json!({ "logprobs": 5 }), "logprobs", "true or false"),
        (json!({ "logprobs": true, "top_logprobs": 21 }), "top_logprobs", "0 to 20"),
        (json!({ "stream": "yes" }), "stream", "true or false"),
        (json!({ "presence_penalty": 2.5 }), "presence_penalty", "-2 to 2"),
        (json!({ "frequency_penalty": "much" }), "frequency_penalty", "a number"),
        (json!({ "repetition_penalty": 0 }), "repetition_penalty", "above 0"),
        (json!({ "logit_bias": { "a": 1 } }), "logit_bias", "each token id"),
        (json!({ "logit_bias": { "7": -101 } }), "logit_bias", "-100 to 100"),
        (json!({ "guided_choice": [5] }), "guided_choice[0]", "a text"),
        (json!({ "guided_choice": [] }), "allowed", "1 to 100 texts"),
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
        (json!({ "prompt": "a", "logprobs": 51 }), "logprobs"),
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
