//! The JSON routes: what they answer, and how they refuse.

use axum::http::{Method, StatusCode};
use random_model::Kind;
use serde_json::{Value, json};

use crate::fixture::{CONTEXT, Fixture, request};

async fn next_token(fixture: &Fixture, body: Value) -> Value {
    let answer = fixture.post("/api/next-token", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

fn probabilities(answer: &Value) -> Vec<f64> {
    let candidates = answer["candidates"].as_array().unwrap();
    candidates.iter().map(|candidate| candidate["prob"].as_f64().unwrap()).collect()
}

#[tokio::test]
async fn the_most_probable_tokens_come_first_and_share_the_whole_with_the_others() {
    let fixture = Fixture::new().await;
    let answer = next_token(&fixture, json!({ "text": "Hello", "top_k": 50 })).await;
    let probabilities = probabilities(&answer);
    assert_eq!(probabilities.len(), 50);
    assert!(probabilities.is_sorted_by(|a, b| a >= b));
    let sum: f64 = probabilities.iter().sum();
    assert!(sum > 0.1 && sum < 1.0, "50 of 259 tokens have {sum}");
    assert!(answer["candidates"][0]["token"].is_string());
    assert!(answer["sampled"].is_string());
    assert_eq!(answer["warning"], Value::Null);
}

#[tokio::test]
async fn ten_candidates_are_listed_unless_asked_otherwise() {
    let fixture = Fixture::new().await;
    let answer = next_token(&fixture, json!({ "text": "Hello" })).await;
    assert_eq!(probabilities(&answer).len(), 10);
    let answer = next_token(&fixture, json!({ "text": "Hello", "top_k": 1 })).await;
    assert_eq!(probabilities(&answer).len(), 1);
}

#[tokio::test]
async fn temperature_is_applied_to_what_is_shown_except_at_zero() {
    let fixture = Fixture::new().await;
    let at = async |temperature: f64| {
        let body = json!({ "text": "Hello", "temperature": temperature });
        next_token(&fixture, body).await
    };
    let (greedy, plain, warm) = (at(0.0).await, at(1.0).await, at(2.0).await);
    assert_eq!(probabilities(&greedy), probabilities(&plain));
    assert_eq!(greedy["sampled"], greedy["candidates"][0]["token"]);
    // Twice the temperature halves the logarithm of every ratio.
    let ratio = |answer: &Value| {
        let p = probabilities(answer);
        (p[0] / p[9]).ln()
    };
    assert!((ratio(&plain) / ratio(&warm) - 2.0).abs() < 1e-3);
}

#[tokio::test]
async fn white_space_at_the_end_and_a_full_context_are_pointed_out() {
    let fixture = Fixture::new().await;
    let answer = next_token(&fixture, json!({ "text": "Hello " })).await;
    assert!(answer["warning"].as_str().unwrap().contains("white space"));
    let text = "a".repeat(CONTEXT);
    let answer = next_token(&fixture, json!({ "text": text })).await;
    assert!(answer["warning"].as_str().unwrap().contains("fills the model's context"));
}

#[tokio::test]
async fn what_is_out_of_range_or_no_question_is_refused_with_a_sentence() {
    let fixture = Fixture::new().await;
    let too_long = "a".repeat(CONTEXT + 1);
    let refused = [
        (json!({ "text": "" }).to_string(), "empty"),
        (json!({ "text": too_long }).to_string(), "at most 4096"),
        (json!({ "text": "a", "top_k": 0 }).to_string(), "1 to 50"),
        (json!({ "text": "a", "top_k": 51 }).to_string(), "1 to 50"),
        (json!({ "text": "a", "top_k": u32::MAX }).to_string(), "1 to 50"),
        (json!({ "text": "a", "top_k": u64::MAX }).to_string(), "1 to 50"),
        (
            json!({ "text": "a", "top_k": -1 }).to_string(),
            "top_k is -1; it can be a whole number from 1 to 50.",
        ),
        (json!({ "text": "a", "top_k": 2.5 }).to_string(), "2.5"),
        (json!({ "text": "a", "top_k": "5" }).to_string(), "\"5\""),
        (json!({ "text": "a", "temperature": -0.1 }).to_string(), "0 to 2"),
        (json!({ "text": "a", "temperature": 2.1 }).to_string(), "0 to 2"),
        ("{\"text\":\"a\",\"temperature\":1e39}".into(), "0 to 2"),
        ("{\"text\":\"a\",\"temperature\":1e999}".into(), "not JSON"),
        ("{\"text\":\"a\",\"temperature\":NaN}".into(), "line 1"),
        (json!({ "text": 5 }).to_string(), "text is 5; it can be a text."),
        (json!({ "txt": "a" }).to_string(), "text is missing"),
        (json!({ "text": "a", "topk": 1 }).to_string(), "topk is not known"),
        (json!({ "text": "a", "Top_K": 1 }).to_string(), "Write it as top_k."),
        (json!([1, 2]).to_string(), "a JSON object"),
        ("{\"text\":".into(), "not JSON"),
        ("".into(), "not JSON"),
        ("\u{0}".into(), "not JSON"),
    ];
    for (body, reason) in refused {
        let answer = fixture.post("/api/next-token", &body).await;
        let error = answer.error(StatusCode::BAD_REQUEST);
        assert!(error.contains(reason), "{body:.60} gave {error}");
    }
}

#[tokio::test]
async fn a_conversation_gets_a_reply_without_control_tokens() {
    let fixture = Fixture::new().await;
    let messages = json!([{ "role": "user", "content": "Hi <|im_end|>" }]);
    let body = json!({ "messages": messages, "max_new_tokens": 20, "temperature": 0 });
    let answer = fixture.post("/api/chat", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let reply = answer.json()["reply"].as_str().unwrap().to_owned();
    assert!(!reply.contains("<|"), "{reply}");
    assert_eq!(fixture.post("/api/chat", body).await.json()["reply"], *reply);
}

#[tokio::test]
async fn a_conversation_that_cannot_be_continued_is_refused_with_a_sentence() {
    let fixture = Fixture::new().await;
    let with = |extra: Value| {
        let mut body = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let refused = [
        (json!({ "messages": [] }), "no messages"),
        (json!({}), "messages is missing"),
        (
            json!({ "messages": [{ "role": "tool", "content": "" }] }),
            "messages[0].role is \"tool\"",
        ),
        (json!({ "messages": [{ "role": "user" }] }), "messages[0].content is missing"),
        (with(json!({ "max_new_tokens": 0 })), "1 to 512"),
        (with(json!({ "max_new_tokens": 513 })), "1 to 512"),
        (with(json!({ "temperature": 3 })), "0 to 2"),
    ];
    for (body, reason) in refused {
        let answer = fixture.post("/api/chat", &body).await;
        let error = answer.error(StatusCode::BAD_REQUEST);
        assert!(error.contains(reason), "{body} gave {error}");
    }
}

#[tokio::test]
async fn a_base_model_does_not_chat_but_continues_texts() {
    let fixture = Fixture::with_model(Kind::Base).await;
    let body = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
    let answer = fixture.post("/api/chat", body).await;
    assert!(answer.error(StatusCode::BAD_REQUEST).contains("base model"));
    next_token(&fixture, json!({ "text": "Hi" })).await;
}

#[tokio::test]
async fn the_demo_model_continues_a_text_and_a_conversation() {
    let fixture = Fixture::with_demo().await;
    let answer =
        next_token(&fixture, json!({ "text": "Once upon a", "top_k": 50 })).await;
    let sum: f64 = probabilities(&answer).iter().sum();
    // A model that has learned something is surer than one of random weights.
    assert!(sum > 0.5, "50 of 4096 tokens have {sum}");
    let messages = json!([{ "role": "user", "content": "Tell me a story." }]);
    let body = json!({ "messages": messages, "max_new_tokens": 8 });
    let answer = fixture.post("/api/chat", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(!answer.json()["reply"].as_str().unwrap().is_empty());
    assert_eq!(fixture.get("/api/models").await.json()["models"][0], "demo");
}

#[tokio::test]
async fn the_list_of_models_begins_with_the_one_that_runs() {
    let fixture = Fixture::new().await;
    let models = fixture.get("/api/models").await.json();
    assert_eq!(models["models"][0], "tiny-model");
}

#[tokio::test]
async fn while_the_model_loads_the_routes_say_so() {
    let fixture = Fixture::loading();
    let chat = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
    for (path, body) in [("/api/next-token", json!({ "text": "a" })), ("/api/chat", chat)]
    {
        let answer = fixture.post(path, body).await;
        assert!(answer.error(StatusCode::SERVICE_UNAVAILABLE).contains("being loaded"));
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(fixture.get("/api/models").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_told_with_the_reason() {
    let fixture = Fixture::broken().await;
    let answer = fixture.post("/api/next-token", json!({ "text": "a" })).await;
    let error = answer.error(StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(error, "The file is cut short. Download it again.");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_as_json() {
    let fixture = Fixture::loading();
    assert!(!fixture.get("/api/nothing").await.error(StatusCode::NOT_FOUND).is_empty());
    assert!(!fixture.get("/api").await.text().contains("<html"));
    let answer = fixture.get("/api/next-token").await;
    assert!(!answer.error(StatusCode::METHOD_NOT_ALLOWED).is_empty());
    let answer = fixture.get("/api/ws").await;
    assert!(answer.error(StatusCode::UPGRADE_REQUIRED).contains("WebSocket"));
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let fixture = Fixture::loading();
    let body = format!("{{\"text\":\"{}\"}}", "a".repeat(16 << 20));
    let answer = fixture.post("/api/next-token", &body).await;
    assert!(answer.error(StatusCode::PAYLOAD_TOO_LARGE).contains("too large"));
    // The same where the length is a lie.
    let headers = [("content-length", "5")];
    let answer = fixture.send(request(Method::POST, "/api/chat", &headers, &body)).await;
    answer.error(StatusCode::PAYLOAD_TOO_LARGE);
}
