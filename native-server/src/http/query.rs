//! What a route asks of the engine.

use std::time::Duration;

use axum::http::StatusCode;
use protocol::{
    Command, Event, ModelDescription, Request, RequestId, Token, TokenizeOptions,
};
use tokio::time::Instant;

use super::error::ApiError;
use super::state::AppState;
use crate::{EngineClient, EngineStopped};

/// One command of the engine after the other, with one time limit for all of them. Dropping
/// the value cancels the last.
#[derive(Debug)]
pub(crate) struct EngineQuery {
    client: EngineClient,
    deadline: Instant,
    allowed: Duration,
}

impl EngineQuery {
    pub(crate) fn new(state: &AppState) -> EngineQuery {
        let allowed = state.limits.request_timeout;
        let deadline = Instant::now() + allowed;
        EngineQuery { client: state.engine.client(), deadline, allowed }
    }

    /// Sends a command and waits for its terminal event.
    ///
    /// # Errors
    /// If the command failed or took too long.
    pub(crate) async fn ask(&mut self, command: Command) -> Result<Event, ApiError> {
        self.start(command).await?;
        loop {
            let event = self.event().await?;
            if event.is_terminal() {
                return Ok(event);
            }
        }
    }

    /// The model, once it is loaded.
    ///
    /// # Errors
    /// If it is not, or that took too long.
    pub(crate) async fn describe(&mut self) -> Result<ModelDescription, ApiError> {
        match self.ask(Command::Describe).await? {
            Event::Ready(model) => Ok(model),
            _ => Err(ApiError::unexpected()),
        }
    }

    /// The tokens of a text, as a prompt.
    ///
    /// # Errors
    /// If there is no model, or that took too long.
    pub(crate) async fn tokenize(
        &mut self,
        text: String,
    ) -> Result<Vec<Token>, ApiError> {
        let options = TokenizeOptions::default();
        match self.ask(Command::Tokenize { text, options }).await? {
            Event::Tokenized { tokens } => Ok(tokens),
            _ => Err(ApiError::unexpected()),
        }
    }

    /// Sends a command, without waiting for its events.
    ///
    /// # Errors
    /// If the engine has ended.
    pub(crate) async fn start(&mut self, command: Command) -> Result<(), ApiError> {
        self.client.send(Request { id: RequestId(0), command }).await?;
        Ok(())
    }

    /// The next event of the last command.
    ///
    /// # Errors
    /// If the command failed or took too long.
    pub(crate) async fn event(&mut self) -> Result<Event, ApiError> {
        let reply = tokio::time::timeout_at(self.deadline, self.client.next());
        let Ok(reply) = reply.await else {
            let message = format!(
                "The request took longer than the {} seconds that it may take. Ask for \
                 less, or try again when fewer others ask.",
                self.allowed.as_secs()
            );
            return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message));
        };
        match reply.ok_or(EngineStopped)?.event {
            Event::Failed(failure) => Err(failure.into()),
            event => Ok(event),
        }
    }
}
