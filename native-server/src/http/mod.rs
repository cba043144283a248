//! The routes.

mod api;
mod ask;
mod content_policy;
mod docs;
mod error;
mod generate;
mod guard;
mod headers;
mod json;
mod openai;
mod openapi;
mod scripts;
mod site;
mod socket;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use protocol::limits;
use tokio::sync::Semaphore;

use crate::clock::system_clock;
use crate::{Catalogue, EngineHandle, Limits};
pub(crate) use error::ApiError;

/// The largest message or body: the longest text, half of it escaped.
const MAX_MESSAGE_BYTES: usize = limits::MAX_TEXT_BYTES * 3 / 2 + (64 << 10);
/// Connections of pages at the same time.
const MAX_SOCKETS: usize = 64;

/// What the routes work with.
#[derive(Clone, Debug)]
pub struct AppState {
    engine: EngineHandle,
    catalogue: Arc<Catalogue>,
    dist: PathBuf,
    host: IpAddr,
    sockets: Arc<Semaphore>,
    limits: Limits,
    /// When the server began, in seconds since 1970.
    started: i64,
}

impl AppState {
    /// The state of a server that listens on `host` and serves the site in `dist`.
    pub fn new(
        engine: EngineHandle,
        catalogue: Catalogue,
        dist: PathBuf,
        host: IpAddr,
    ) -> AppState {
        let catalogue = Arc::new(catalogue);
        let sockets = Arc::new(Semaphore::new(MAX_SOCKETS));
        let started = (system_clock().unix_seconds)();
        let limits = Limits::default();
        AppState { engine, catalogue, dist, host, sockets, limits, started }
    }

    /// With other limits.
    pub fn with_limits(self, limits: Limits) -> AppState {
        AppState { limits, ..self }
    }

    /// The way to the engine.
    pub fn engine(&self) -> &EngineHandle {
        &self.engine
    }
}

/// The whole server as a router.
pub fn app(state: AppState) -> Router {
    let api = Router::new()
        .route("/ws", any(socket::connect))
        .route("/next-token", post(api::next_token))
        .route("/chat", post(api::chat))
        .route("/models", get(api::models))
        .route("/tokenize", post(scripts::tokenize))
        .route("/distribution", post(scripts::distribution))
        .route("/score", post(scripts::score))
        .route("/generate", post(generate::generate))
        .route("/openapi.json", get(openapi::document))
        .route("/docs", get(docs::page))
        .fallback(|| async { ApiError::no_such_route() })
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(from_fn(guard::check_origin));
    let openai = openai::routes().layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES));
    Router::new()
        .nest("/api", api)
        .nest("/v1", openai)
        .route("/", get(site::page))
        .route("/index.html", get(site::page))
        .fallback(site::file)
        .layer(from_fn_with_state(state.host, guard::check_host))
        .layer(from_fn(headers::add))
        .with_state(state)
}
