//! Answers, and what faults make of them.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use crate::behaviour::Fault;

/// A refusal in the form of OpenAI's API.
pub(crate) fn refuse(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = json!({ "error": { "message": message, "code": status.as_u16() } });
    (status, axum::Json(body)).into_response()
}

/// An answer, as a fault leaves it. What a fault makes of the numbers was made before.
pub(crate) async fn send(
    answer: &Value,
    fault: Option<Fault>,
    stall: Duration,
) -> Response {
    let mut text = answer.to_string();
    let json = [(header::CONTENT_TYPE, "application/json")];
    match fault {
        Some(Fault::Status(status)) => return refuse(status, "a fault of the schedule"),
        Some(Fault::Html) => return "<!doctype html><p>Welcome</p>".into_response(),
        Some(Fault::Stall) => tokio::time::sleep(stall).await,
        Some(Fault::Cut) => text.truncate(text.len() / 2),
        Some(Fault::Broken) => {
            let half = Bytes::from(text[..text.len() / 2].to_owned());
            let broken = Err(Error::new(ErrorKind::ConnectionReset, "a fault"));
            let parts: [Result<Bytes, Error>; 2] = [Ok(half), broken];
            return (json, Body::from_stream(stream::iter(parts))).into_response();
        }
        // JSON has no NaN; Python writes it anyway.
        Some(Fault::Nan) => text = text.replace("\"NaN\"", "NaN"),
        _ => {}
    }
    (json, text).into_response()
}

/// A log probability, as a fault leaves it.
pub(crate) fn number(value: f32, fault: Option<Fault>) -> Value {
    match fault {
        Some(Fault::Nan) => json!("NaN"),
        Some(Fault::Null) => Value::Null,
        // Times e⁶: no vocabulary is so large that this is not above 1 in all.
        Some(Fault::AboveOne) => json!(f64::from(value) + 6.0),
        _ => json!(f64::from(value).max(-9999.0)),
    }
}
