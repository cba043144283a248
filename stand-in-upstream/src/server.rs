//! A running stand-in, and what tests ask it afterwards.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use engine::Session;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::behaviour::{Behaviour, Dialect};
use crate::body::refuse;
use crate::oracle::Oracle;
use crate::state::{State, ids};
use crate::{completions, llama_cpp, sglang};

/// A running engine elsewhere; it ends when the value is dropped.
#[derive(Debug)]
pub struct StandInUpstream {
    state: Arc<State>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl StandInUpstream {
    /// Starts one on a free port, which tells what the session's model says.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(session: Session, behaviour: Behaviour) -> StandInUpstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State {
            oracle: Oracle::new(session),
            random: Mutex::new(fastrand::Rng::with_seed(behaviour.seed)),
            behaviour,
            asked: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(answer).with_state(state.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the stand-in does not fail");
        });
        StandInUpstream { state, address, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many questions about texts it has got.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::Relaxed)
    }

    /// Ends it, as when a machine goes.
    pub fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for StandInUpstream {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn answer(
    extract::State(state): extract::State<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let behaviour = &state.behaviour;
    if let Some(place) = &behaviour.redirects_to {
        let place = format!("{place}{}", uri.path());
        return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)])
            .into_response();
    }
    if let Some(key) = &behaviour.key {
        let sent = headers.get(header::AUTHORIZATION).and_then(|sent| sent.to_str().ok());
        if sent != Some(&format!("Bearer {key}")) {
            return refuse(401, "Unauthorized");
        }
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let about_text = |state: &State| state.asked.fetch_add(1, Ordering::Relaxed);
    match (behaviour.dialect, uri.path()) {
        (_, "/v1/models") => models(&state).into_response(),
        (Dialect::Vllm, "/version") => {
            axum::Json(json!({ "version": "0.0.0-stand-in" })).into_response()
        }
        (Dialect::Vllm | Dialect::OpenAi, "/v1/completions") => {
            about_text(&state);
            completions::create(&state, &body).await
        }
        (Dialect::Sglang, "/get_model_info") => {
            axum::Json(json!({ "model_path": behaviour.model })).into_response()
        }
        (Dialect::Sglang, "/generate") => {
            about_text(&state);
            sglang::generate(&state, &body).await
        }
        (Dialect::LlamaCpp, "/props") => {
            let settings = json!({ "n_ctx": state.oracle.context() });
            axum::Json(json!({ "default_generation_settings": settings })).into_response()
        }
        (Dialect::LlamaCpp, "/completion") => {
            about_text(&state);
            llama_cpp::complete(&state, &body).await
        }
        (Dialect::Vllm | Dialect::LlamaCpp, "/tokenize") => {
            let text = body["prompt"].as_str().or(body["content"].as_str());
            match text.and_then(|text| state.tokenize(text)) {
                Some(ids) => {
                    let length = state.oracle.context();
                    let told = json!({ "count": ids.len(), "max_model_len": length, "tokens": ids });
                    axum::Json(told).into_response()
                }
                None => refuse(400, "there is no text"),
            }
        }
        (Dialect::Vllm | Dialect::LlamaCpp, "/detokenize") => {
            let ids = ids(&body["tokens"]);
            match ids.and_then(|ids| state.oracle.bytes(&ids)) {
                Some(bytes) => {
                    let text = String::from_utf8_lossy(&bytes);
                    axum::Json(json!({ "prompt": text, "content": text })).into_response()
                }
                None => refuse(400, "there are no tokens"),
            }
        }
        _ => refuse(404, "Not Found"),
    }
}

fn models(state: &State) -> axum::Json<Value> {
    let mut model = json!({ "id": state.behaviour.model, "object": "model" });
    match state.behaviour.dialect {
        Dialect::Vllm | Dialect::Sglang => {
            model["max_model_len"] = json!(state.oracle.context())
        }
        Dialect::LlamaCpp => {
            model["meta"] = json!({ "n_vocab": state.oracle.vocab_size() })
        }
        Dialect::OpenAi => {}
    }
    axum::Json(json!({ "object": "list", "data": [model] }))
}
