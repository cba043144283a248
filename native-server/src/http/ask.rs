//! Asking the engine from a route.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use axum::http::StatusCode;
use protocol::{Command, Event, InvalidSetting, Request, RequestId, SamplerSettings};
use tokio::time::Instant;

use super::AppState;
use super::error::ApiError;
use crate::{Client, EngineStopped};

/// A client of the engine that asks one thing after the other, and has so long for all
/// of it. What it has asked for ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    client: Client,
    deadline: Instant,
    allowed: Duration,
}

impl Asking {
    pub(crate) fn new(state: &AppState) -> Asking {
        let allowed = state.limits.request_time;
        let deadline = Instant::now() + allowed;
        Asking { client: state.engine.client(), deadline, allowed }
    }

    /// The terminal event of a command.
    ///
    /// # Errors
    /// A failure of the command, or that it took too long.
    pub(crate) async fn ask(&mut self, command: Command) -> Result<Event, ApiError> {
        self.start(command).await?;
        loop {
            let event = self.event().await?;
            if event.is_terminal() {
                return Ok(event);
            }
        }
    }

    /// Asks, without waiting for the answer.
    ///
    /// # Errors
    /// If the engine has ended.
    pub(crate) async fn start(&mut self, command: Command) -> Result<(), ApiError> {
        self.client.send(Request { id: RequestId(0), command }).await?;
        Ok(())
    }

    /// The next event of what was asked last.
    ///
    /// # Errors
    /// A failure of the command, or that it took too long.
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

/// A seed for who gives none.
pub(crate) fn random_seed() -> u32 {
    // The standard library's own source of randomness is good enough to draw with.
    RandomState::new().hash_one(()) as u32
}

/// A setting of the sampler, which is a 32-bit number. One next to a bound stays on its
/// side of it: what is a little too much is not taken for what just fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knob(pub(crate) f32);

impl From<f64> for Knob {
    fn from(value: f64) -> Knob {
        let near = value as f32;
        let at_bound = near == 0.0 || near == 1.0 || near == 2.0;
        Knob(match f64::from(near) {
            exact if !at_bound || exact == value => near,
            less if less < value => near.next_up(),
            _ => near.next_down(),
        })
    }
}

/// The settings, if all are in their ranges.
///
/// # Errors
/// The first that is not.
pub(crate) fn checked(settings: SamplerSettings) -> Result<SamplerSettings, ApiError> {
    match settings.check() {
        Ok(()) => Ok(settings),
        Err(InvalidSetting { name, value, range }) => {
            let message = format!("{name} is {value}; it can be {range}.");
            Err(ApiError::bad_request(message).about(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_next_to_a_bound_stay_on_their_side_of_it() {
        assert_eq!(Knob::from(0.7).0, 0.7);
        assert_eq!(Knob::from(2.0).0, 2.0);
        assert!(Knob::from(2.000_000_000_000_000_4).0 > 2.0);
        assert!(Knob::from(5e-324).0 > 0.0);
        assert!(Knob::from(-5e-324).0 < 0.0);
        assert!(Knob::from(0.999_999_999_999_9).0 < 1.0);
    }
}
