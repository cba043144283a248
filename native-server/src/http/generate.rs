//! `POST /api/generate`: the events of a generation, as server-sent events.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use protocol::{ErrorCode, Event, Failure};

use super::error::ApiError;
use super::json::JsonBody;
use super::query::EngineQuery;
use super::scripts::GenerateRequest;
use super::state::AppState;

/// Streams the events of a generation. Each has its type as its name, and as its data the JSON
/// that the page gets.
pub(crate) async fn generate(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<GenerateRequest>,
) -> Result<Response, ApiError> {
    let mut query = EngineQuery::new(&state);
    let command = request.command(&mut query).await?;
    query.start(command).await?;
    // A failure before the first event is answered with a status of its own.
    let first = query.event().await?;
    let events = stream::unfold(Some((query, Some(first))), async |state| {
        let (mut query, waiting) = state?;
        let event = match waiting {
            Some(event) => event,
            None => query.event().await.unwrap_or_else(|error| {
                let (code, hint) = (ErrorCode::Internal, None);
                Event::Failed(Failure { code, message: error.message, hint })
            }),
        };
        let next = (!event.is_terminal()).then_some((query, None));
        Some((Ok::<_, Infallible>(sse_event(&event)), next))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

fn sse_event(event: &Event) -> sse::Event {
    let name = match event {
        Event::Progress(_) => "progress",
        Event::Prompt { .. } => "prompt",
        Event::Token(_) => "token",
        Event::Finished { .. } => "finished",
        Event::Failed(_) => "failed",
        _ => "message",
    };
    sse::Event::default().event(name).json_data(event).unwrap_or_default()
}
