//! Bodies of the JSON routes.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::MAX_MESSAGE_BYTES;
use super::error::ApiError;

/// A body read as JSON, whatever its content type says: what keeps other sites' forms
/// away is the check of the origin.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("The request is too large; at most {MAX_MESSAGE_BYTES} bytes are taken."),
                ),
                status => ApiError::new(status, "The request broke off."),
            }
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(JsonBody(value)),
            Err(error) => Err(ApiError::bad_request(format!(
                "The request is not what this route takes: {error}."
            ))),
        }
    }
}
