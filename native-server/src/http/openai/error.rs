//! Errors in the form that OpenAI's clients read.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::ErrorCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::error::{ApiError, with_retry};
use crate::http::json::JsonBody;
use crate::http::members::RequestBody;
use crate::http::state::AppState;

/// An error of the routes below `/v1`.
#[derive(Debug)]
pub(crate) struct OpenAiError(pub(crate) ApiError);

/// A body that was read as JSON, whose errors have that form.
pub(crate) struct OpenAiBody<T>(pub(crate) T);

/// `{"error": {…}}`, also as the last event of a stream that failed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenAiError")]
pub(crate) struct ErrorBody {
    error: ErrorDetails,
}

/// What went wrong.
#[derive(Serialize, JsonSchema)]
struct ErrorDetails {
    /// A sentence.
    message: String,
    r#type: &'static str,
    /// The member that is wrong, where it is one.
    param: Option<Cow<'static, str>>,
    code: Option<&'static str>,
}

impl<E: Into<ApiError>> From<E> for OpenAiError {
    fn from(error: E) -> OpenAiError {
        OpenAiError(error.into())
    }
}

impl OpenAiError {
    pub(crate) fn body(self) -> ErrorBody {
        let ApiError { status, message, field, code } = self.0;
        let r#type = match status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "server_error",
        };
        let code = match (status, code) {
            (_, Some(ErrorCode::PromptTooLong)) => Some("context_length_exceeded"),
            (StatusCode::NOT_FOUND, _) if field.as_deref() == Some("model") => {
                Some("model_not_found")
            }
            (StatusCode::UNAUTHORIZED, _) => Some("invalid_api_key"),
            (StatusCode::SERVICE_UNAVAILABLE, _) => Some("service_unavailable"),
            _ => None,
        };
        ErrorBody { error: ErrorDetails { message, r#type, param: field, code } }
    }
}

impl IntoResponse for OpenAiError {
    fn into_response(self) -> Response {
        let status = self.0.status;
        with_retry((status, Json(self.body())).into_response())
    }
}

impl<T: RequestBody> FromRequest<AppState> for OpenAiBody<T> {
    type Rejection = OpenAiError;

    async fn from_request(
        request: Request,
        state: &AppState,
    ) -> Result<Self, OpenAiError> {
        let JsonBody(value) = JsonBody::from_request(request, state).await?;
        Ok(OpenAiBody(value))
    }
}
