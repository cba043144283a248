//! What a server that encrypts says to those who come without: where to go.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::state::AppState;
use super::{guard, observe};

/// Sends everyone to the same address with https; health is told as it is.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(observe::health))
        .fallback(to_https)
        .layer(from_fn_with_state(state.clone(), guard::check_host))
        .with_state(state)
}

async fn to_https(request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match host {
        Some(host) => {
            let address = format!("https://{host}{path}");
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, address)])
                .into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}
