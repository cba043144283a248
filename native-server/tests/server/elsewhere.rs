//! A server in front of an engine elsewhere: one native server behind another, which lists
//! fifty tokens.

use std::path::Path;

use axum::http::StatusCode;
use clap::Parser;
use native_server::Config;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fixture::{Fixture, wait_until_ready};

/// A server that computes, and one in front of it.
struct Pair {
    behind: Fixture,
    front: Fixture,
}

impl Pair {
    async fn new() -> Pair {
        let behind = Fixture::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = behind.app();
        tokio::spawn(async move { axum::serve(listener, app).await });

        // The tokenizer's folder has no weights.
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("tiny-model");
        std::fs::create_dir(&model).unwrap();
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
            let from = behind.folder.path().join("tiny-model").join(name);
            std::fs::copy(from, model.join(name)).unwrap();
        }
        let dist = folder.path().join("dist");
        let named = [Path::new("--model"), &model, Path::new("--dist"), &dist];
        let arguments = ["native-server", "--upstream", &url].map(Path::new);
        let config = Config::try_parse_from(arguments.into_iter().chain(named)).unwrap();
        let state = native_server::state(&config).unwrap();
        wait_until_ready(state.engine()).await;
        Pair { behind, front: Fixture { folder, state } }
    }

    /// What both answer.
    async fn ask(&self, path: &str, body: Value) -> [Value; 2] {
        let mut answers = Vec::new();
        for fixture in [&self.front, &self.behind] {
            let answer = fixture.post(path, &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
            answers.push(answer.json());
        }
        answers.try_into().unwrap()
    }
}

fn close(a: &Value, b: &Value) -> bool {
    (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_tell_of_a_model_elsewhere_what_its_own_server_tells() {
    let pair = Pair::new().await;
    let watch = [200, 201, 200];
    let body = json!({ "text": "Hello", "top_k": 5, "seed": 3, "watch": watch });
    let [there, here] = pair.ask("/api/distribution", body).await;
    assert_eq!((&there["exact"], &here["exact"]), (&json!(false), &json!(true)));
    assert_eq!(there["sampled"]["token"], here["sampled"]["token"]);
    for list in ["candidates", "watched"] {
        let (there, here) =
            (there[list].as_array().unwrap(), here[list].as_array().unwrap());
        assert_eq!(there.len(), here.len());
        for (a, b) in there.iter().zip(here) {
            assert_eq!(a["token"], b["token"]);
            assert!(close(&a["probability"], &b["probability"]), "{a} {b}");
            assert!(
                close(&a["sampled_probability"], &b["sampled_probability"]),
                "{a} {b}"
            );
        }
    }
    assert!(there["entropy_bits"].as_f64() <= here["entropy_bits"].as_f64());

    let body =
        json!({ "prompt": "ab", "max_tokens": 6, "top_k": 5, "seed": 1, "logprobs": 3 });
    let [there, here] = pair.ask("/v1/completions", body).await;
    assert_eq!(there["choices"][0]["text"], here["choices"][0]["text"]);
    let messages = json!([{ "role": "user", "content": "a" }]);
    let body = json!({ "messages": messages, "max_tokens": 4, "temperature": 0 });
    let [there, here] = pair.ask("/v1/chat/completions", body).await;
    assert_eq!(there["choices"][0]["message"], here["choices"][0]["message"]);

    let [there, here] = pair.ask("/api/score", json!({ "text": "Hello there" })).await;
    let (there, here) =
        (there["tokens"].as_array().unwrap(), here["tokens"].as_array().unwrap());
    for (a, b) in there.iter().zip(here).skip(1) {
        assert_eq!((&a["token"], &a["expected"]), (&b["token"], &b["expected"]));
        assert!(close(&a["score"]["probability"], &b["score"]["probability"]), "{a} {b}");
        assert_eq!(a["score"]["rank"], b["score"]["rank"]);
        let exact = (&a["score"]["exact"], &b["score"]["exact"]);
        assert_eq!(exact, (&json!(false), &json!(true)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_elsewhere_cannot_give_is_refused_in_words() {
    let pair = Pair::new().await;
    for (path, body) in [
        ("/api/verify", json!({ "text": "a" })),
        ("/api/inside/lens", json!({ "text": "a" })),
        ("/api/log-probabilities", json!({ "text": "a" })),
    ] {
        let answer = pair.front.post(path, &body).await;
        assert!(
            answer.status.is_client_error() || answer.status == 501,
            "{}",
            answer.status
        );
        let said = answer.text();
        assert!(said.contains("elsewhere"), "{path}: {said}");
    }
    let models = pair.front.get("/v1/models").await.json();
    assert_eq!(models["data"][0]["formats"], "as the engine elsewhere has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tokenizer_must_be_named() {
    let config = ["native-server", "--upstream", "http://127.0.0.1:9"];
    let config = Config::try_parse_from(config).unwrap();
    let error = native_server::state(&config).err().unwrap().to_string();
    assert!(error.contains("--model"), "{error}");
}
