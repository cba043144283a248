//! The routes of a hub over this machine's cache and the upstream hub, as far as downloads
//! need them: the list of models, the listing of a model, and its files.
//! <https://huggingface.co/docs/hub/api>

mod error;
mod files;
mod listing;
mod lookup;
mod path;

use axum::Router;
use axum::http::{HeaderName, header};
use axum::routing::get;

use super::error::ApiError;
use super::state::AppState;
use error::{ERROR_CODE, ERROR_MESSAGE};
use files::COMMIT;

/// The headers that pages of allowed sites may read.
pub(super) const EXPOSED: [HeaderName; 7] = [
    header::ETAG,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::RETRY_AFTER,
    COMMIT,
    ERROR_CODE,
    ERROR_MESSAGE,
];

/// The routes below `/hub`.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/models", get(listing::models))
        .route("/api/models/{*rest}", get(listing::model))
        .route("/{*rest}", get(files::file))
        .fallback(|| async { ApiError::no_such_route() })
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
}
