//! Errors of the JSON routes: a status and one sentence.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ErrorCode, Failure};
use schemars::JsonSchema;
use serde::Serialize;

use crate::EngineStopped;

/// What went wrong with a request, as it is answered.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// The field that is wrong, where it is one.
    pub(crate) field: Option<Cow<'static, str>>,
    /// The engine's word for it, where it is one of the engine.
    pub(crate) code: Option<ErrorCode>,
}

/// The body of an error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody {
    error: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> ApiError {
        ApiError { status, message: message.into(), field: None, code: None }
    }

    /// The same, as the fault of a field.
    pub(crate) fn about(self, field: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError { field: Some(field.into()), ..self }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message)
    }

    /// Something that cannot be, unless this program is wrong.
    pub(crate) fn unexpected() -> ApiError {
        let message = "The server met a fault in itself. Try again.";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub(crate) fn no_such_route() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "There is no such route.")
    }

    pub(crate) fn wrong_method() -> ApiError {
        ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This route does not take this method.",
        )
    }
}

impl From<Failure> for ApiError {
    fn from(Failure { code, message, hint }: Failure) -> ApiError {
        let message = match hint {
            Some(hint) => format!("{message} {hint}"),
            None => message,
        };
        ApiError { code: Some(code), ..ApiError::new(status(code), message) }
    }
}

impl From<EngineStopped> for ApiError {
    fn from(stopped: EngineStopped) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, stopped.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let ApiError { status, message, .. } = self;
        with_retry((status, Json(ErrorBody { error: message })).into_response())
    }
}

/// Says when to try again, where that makes sense.
pub(crate) fn with_retry(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Whose fault it is: the request's, or the server's for now or for good.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::EmptyPrompt
        | ErrorCode::PromptTooLong
        | ErrorCode::InvalidToken
        | ErrorCode::InvalidSettings
        | ErrorCode::InvalidRequest
        | ErrorCode::NoChatTemplate
        | ErrorCode::ChatTemplate
        | ErrorCode::Unsupported => StatusCode::BAD_REQUEST,
        ErrorCode::Loading | ErrorCode::NoModel | ErrorCode::Busy => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::UnsupportedModel
        | ErrorCode::InvalidModelFile
        | ErrorCode::Network
        | ErrorCode::NotStored
        | ErrorCode::OutOfMemory
        | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
