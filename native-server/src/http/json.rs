//! Bodies of the JSON routes.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::MAX_MESSAGE_BYTES;
use super::error::ApiError;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A body read as JSON, whatever its content type says: what keeps other sites' forms
/// away is the check of the origin.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state);
        let Ok(bytes) = tokio::time::timeout(BODY_TIME, bytes).await else {
            let message = "The request did not arrive in time.";
            return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, message));
        };
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The request is too large; at most {MAX_MESSAGE_BYTES} bytes are taken."),
            ),
            status => ApiError::new(status, "The request broke off."),
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(JsonBody(value)),
            Err(error) => {
                let message =
                    format!("The request is not what this route takes: {error}.");
                Err(ApiError::bad_request(message))
            }
        }
    }
}
