//! The WebSocket: each text frame from the page is a request, each text frame to it is a
//! reply. The requests of a page are cancelled when its connection ends. A page that answers
//! no pings is gone, and its connection is ended.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::{ErrorCode, Event, Failure, Reply, Request, RequestId};
use serde::Serialize;
use tokio::time::MissedTickBehavior;

use super::choice::{self, Taken};
use super::error::ApiError;
use super::state::AppState;
use crate::EngineClient;
use crate::limits::MAX_MESSAGE_BYTES;

/// How long a page may take to accept a frame.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Turns the connection into a WebSocket.
pub(crate) async fn connect(
    State(state): State<AppState>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let message = "This route takes WebSocket connections only.";
        return ApiError::new(StatusCode::UPGRADE_REQUIRED, message).into_response();
    };
    let Ok(permit) = state.sockets.clone().try_acquire_owned() else {
        let message = "Too many pages are connected. Close some of them.";
        return ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    let client = state.engine.client();
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(async move |socket| {
            serve_page(socket, client, &state).await;
            drop(permit);
        })
}

/// Exchanges frames with a page until the connection ends.
async fn serve_page(mut socket: WebSocket, mut client: EngineClient, state: &AppState) {
    let limits = state.limits;
    let mut pings = tokio::time::interval(limits.ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_frame = Instant::now();
    loop {
        let reply = tokio::select! {
            _ = pings.tick() => {
                let gone = last_frame.elapsed() >= limits.silence_timeout;
                if gone || !send(&mut socket, Message::Ping(Bytes::new())).await {
                    tracing::debug!("a page has left without a word");
                    return;
                }
                continue;
            }
            reply = client.next() => match reply {
                Some(reply) => reply,
                None => {
                    let reason = "The server is stopping, or this page reads too slowly.";
                    return close(socket, close_code::AGAIN, reason).await;
                }
            },
            frame = socket.recv() => match frame.inspect(|_| last_frame = Instant::now()) {
                Some(Ok(Message::Text(text))) => match read(&text) {
                    Ok(request) => match choice::take(state, &client, request).await {
                        Taken::Answered(reply) => reply,
                        Taken::Forwarded(request) => {
                            // If the engine has ended, the next reply says so.
                            let _ = client.send(request).await;
                            continue;
                        }
                    },
                    Err((id, reason)) => invalid(id, &reason),
                },
                Some(Ok(Message::Binary(_))) => invalid(RequestId(0), "it is not text"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_))) | None => return,
                Some(Err(error)) => {
                    tracing::debug!("a connection ended: {error}");
                    let reason = "A message was too large, or broken.";
                    return close(socket, close_code::SIZE, reason).await;
                }
            },
        };
        if !send_json(&mut socket, &reply).await {
            return;
        }
    }
}

/// Reads a request.
///
/// # Errors
/// The id of the message, 0 if it has none, and why it is not a request.
fn read(text: &str) -> Result<Request, (RequestId, String)> {
    serde_json::from_str(text).map_err(|error| {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let id = value.as_ref().and_then(|value| value.get("id")?.as_u64());
        let id = id.and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        (RequestId(id), error.to_string())
    })
}

fn invalid(id: RequestId, reason: &str) -> Reply {
    let failure = Failure {
        code: ErrorCode::InvalidRequest,
        message: format!(
            "The message is not a request that this server knows: {reason}."
        ),
        hint: Some("Reload the page: it may be older or newer than the server.".into()),
    };
    Reply { id, event: Event::Failed(failure) }
}

/// Sends a message in JSON. Returns whether the page has accepted it in time.
pub(super) async fn send_json(socket: &mut WebSocket, message: &impl Serialize) -> bool {
    match serde_json::to_string(message) {
        Ok(json) => send(socket, Message::Text(json.into())).await,
        Err(error) => {
            tracing::error!("a message to a page could not be written: {error}");
            false
        }
    }
}

/// Sends a frame. Returns whether the page has accepted it in time.
pub(super) async fn send(socket: &mut WebSocket, frame: Message) -> bool {
    let sent = tokio::time::timeout(SEND_TIMEOUT, socket.send(frame));
    matches!(sent.await, Ok(Ok(())))
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // The page may be gone already.
    let _ = tokio::time::timeout(SEND_TIMEOUT, socket.send(Message::Close(Some(frame))))
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal_id(text: &str) -> u32 {
        read(text).unwrap_err().0.0
    }

    #[test]
    fn a_refusal_carries_the_id_where_there_is_one() {
        assert_eq!(refusal_id("{\"id\":7,\"command\":{\"type\":\"dance\"}}"), 7);
        assert_eq!(refusal_id("{\"id\":-7}"), 0);
        assert_eq!(refusal_id("{\"id\":4294967296}"), 0);
        assert_eq!(refusal_id("[1,2"), 0);
    }
}
