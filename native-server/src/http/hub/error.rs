//! Errors as a hub answers them, with the reason also in headers.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub::HubError;

use crate::http::error::ApiError;
use crate::shared_hub::NotFetched;

pub(super) const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
pub(super) const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-error-message");

/// A model or file that is not here.
pub(super) fn missing(code: &'static str, message: String) -> Response {
    failed(StatusCode::NOT_FOUND, code, message, None)
}

/// An error of the upstream hub.
pub(super) fn refused(error: &HubError) -> Response {
    let (status, code) = match error {
        HubError::Gated { .. } => (StatusCode::FORBIDDEN, "GatedRepo"),
        HubError::Missing { .. } => (StatusCode::NOT_FOUND, "RevisionNotFound"),
        HubError::Unauthorized { .. } => (StatusCode::NOT_FOUND, "RepoNotFound"),
        HubError::Refused { .. } => (StatusCode::FORBIDDEN, "UpstreamRefused"),
        HubError::RateLimited { .. } => (StatusCode::SERVICE_UNAVAILABLE, "Busy"),
        _ => (StatusCode::BAD_GATEWAY, "UpstreamUnreachable"),
    };
    let wait = match error {
        HubError::RateLimited { seconds, .. } => Some(*seconds),
        _ => None,
    };
    failed(status, code, error.to_string(), wait)
}

/// A file that is not downloaded from the upstream hub.
pub(super) fn not_fetched(reason: &NotFetched) -> Response {
    let (status, code, wait) = match reason {
        NotFetched::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Busy", Some(60)),
        NotFetched::Quota => (StatusCode::INSUFFICIENT_STORAGE, "Quota", None),
        NotFetched::NotHere => (StatusCode::NOT_FOUND, "EntryNotFound", None),
    };
    failed(status, code, reason.to_string(), wait)
}

/// An error as a hub answers it. `wait` is how long to wait before the next try, in seconds.
fn failed(
    status: StatusCode,
    code: &'static str,
    message: String,
    wait: Option<u64>,
) -> Response {
    let plain: String = message.chars().filter(|c| matches!(c, ' '..='~')).collect();
    let mut response = ApiError::new(status, message).into_response();
    let headers = response.headers_mut();
    headers.insert(ERROR_CODE, HeaderValue::from_static(code));
    if let Ok(message) = HeaderValue::from_str(&plain) {
        headers.insert(ERROR_MESSAGE, message);
    }
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
