//! The log and the counters of requests, the health of the server, and its metrics.

use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::{Command, ErrorCode};
use serde::Serialize;

use super::error::ApiError;
use super::guard;
use super::query::EngineQuery;
use super::state::AppState;
use crate::metrics::RequestLabels;

/// Counts a request and logs it.
pub(crate) async fn count(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "HEAD" | "OPTIONS") => known.to_owned(),
        // Each label takes memory, and clients could invent any number of methods.
        _ => "other".to_owned(),
    };
    // The pattern of the route, as the address may contain something private.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("file", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let (status, seconds) = (response.status().as_u16(), start.elapsed().as_secs_f64());
    let ms = (seconds * 1e4).round() / 10.0;
    match route.starts_with("/api") || route.starts_with("/v1") {
        true => tracing::info!(method, route, status, ms, "request"),
        false => tracing::debug!(method, route, status, ms, "request"),
    }
    state.metrics.seconds.observe(seconds);
    state.metrics.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    response
}

/// The health of the server.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// `GET /healthz`: 200 if the model is ready.
pub(crate) async fn health(State(state): State<AppState>) -> Response {
    let (code, status) = match EngineQuery::new(&state).ask(Command::Describe).await {
        Ok(_) => (StatusCode::OK, "ready"),
        Err(error) if error.code == Some(ErrorCode::Loading) => {
            (StatusCode::SERVICE_UNAVAILABLE, "loading")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
    };
    (code, Json(Health { status })).into_response()
}

/// `GET /metrics`
pub(crate) async fn metrics(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, ApiError> {
    guard::admit(&state, &request)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = state.metrics.text(state.engine.stats(), state.engine.restarts());
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
