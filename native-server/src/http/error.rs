//! Errors of the JSON routes: a status and one sentence.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ErrorCode, Failure};
use schemars::JsonSchema;
use serde::Serialize;

use crate::EngineStopped;

/// The error that a request is answered with.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// The member of the body that is wrong, if it is one.
    pub(crate) field: Option<Cow<'static, str>>,
    /// The code of the engine, if the error is the engine's.
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

    /// The same error, caused by a member of the body.
    pub(crate) fn about(self, field: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError { field: Some(field.into()), ..self }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message)
    }

    /// A fault in this program.
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

/// Adds when to try again to a response that asks for that.
pub(crate) fn with_retry(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// The status of an error of the engine.
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
        // Text and settings are valid each, but not together.
        ErrorCode::NothingToDraw => StatusCode::CONFLICT,
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
