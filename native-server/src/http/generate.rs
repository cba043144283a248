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

/// Each event has the name of its type, and is the JSON that the page gets.
pub(crate) async fn generate(
    State(state): State<AppState>,
    JsonBody(question): JsonBody<GenerateRequest>,
) -> Result<Response, ApiError> {
    let mut query = EngineQuery::new(&state);
    let command = question.command(&mut query).await?;
    query.start(command).await?;
    // The first event decides whether this is an answer or an error.
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
        Some((Ok::<_, Infallible>(told(&event)), next))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

fn told(event: &Event) -> sse::Event {
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
