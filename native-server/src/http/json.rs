//! Bodies of the JSON routes.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::Value;

use super::error::ApiError;
use super::members::{Members, RequestBody};
use super::state::AppState;
use crate::limits::MAX_MESSAGE_BYTES;

/// A body that was read as JSON, whatever its content type says: forms of other sites are
/// kept out by the check of their origin.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: RequestBody> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state);
        let Ok(bytes) = tokio::time::timeout(state.limits.body_timeout, bytes).await
        else {
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
            Ok(value) => Ok(JsonBody(Members::of_body(whole_numbers(value))?.read()?)),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let message = format!(
                    "The body is not JSON: it cannot be read on from line {line}, \
                     column {column}."
                );
                Err(ApiError::bad_request(message))
            }
        }
    }
}

/// The largest number up to which all integers are exact in 64-bit floating point.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Makes 2.0 an integer: JSON does not distinguish it from 2, and some programs write all
/// their numbers with a point.
fn whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(whole)
                if number.is_f64()
                    && whole.fract() == 0.0
                    && whole.abs() <= MAX_EXACT_INTEGER =>
            {
                (whole as i64).into()
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, whole_numbers(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        let written = json!({ "a": [1.0, 2.5, -3.0], "b": 1e300, "c": "1.0" });
        let read = json!({ "a": [1, 2.5, -3], "b": 1e300, "c": "1.0" });
        assert_eq!(whole_numbers(written), read);
    }
}
