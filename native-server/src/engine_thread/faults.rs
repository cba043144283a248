//! Faults of the engine: whether to start another one, and the failures that clients get.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use protocol::{ErrorCode, Failure};

/// The restarts within [`WINDOW`], at most.
pub(super) const MAX_RESTARTS: usize = 3;
/// How long a fault counts against the limit.
const WINDOW: Duration = Duration::from_secs(600);

/// The faults within [`WINDOW`].
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Instant>);

impl Faults {
    /// Notes a fault. Returns whether to start the engine again.
    pub(super) fn note(&mut self, now: Instant) -> bool {
        self.0.retain(|fault| now.duration_since(*fault) < WINDOW);
        self.0.push_back(now);
        self.0.len() <= MAX_RESTARTS
    }
}

/// The failure of requests that were unanswered when the engine was started again.
pub(super) fn starting_again() -> Failure {
    Failure {
        code: ErrorCode::Internal,
        message: "The engine met a fault in itself; the model is loaded again.".into(),
        hint: Some("Ask again in a moment.".into()),
    }
}

/// The failure of requests that were unanswered when another model was chosen.
pub(super) fn another_model() -> Failure {
    Failure {
        code: ErrorCode::Loading,
        message: "The server loads another model, which was chosen on its page.".into(),
        hint: Some("Ask again in a moment.".into()),
    }
}

/// The failure of a request of a connection that has so many unanswered ones already.
pub(super) fn busy(unanswered: usize) -> Failure {
    Failure {
        code: ErrorCode::Busy,
        message: format!("This connection has {unanswered} unanswered requests already."),
        hint: Some("Wait for answers, or cancel some.".into()),
    }
}

/// The failure of all requests once the engine is not started again.
pub(super) fn given_up() -> Failure {
    Failure {
        code: ErrorCode::Internal,
        message: "The engine met faults in itself again and again and was not started \
                  once more."
            .into(),
        hint: Some("Start the server again, perhaps with another model.".into()),
    }
}

/// The failure of all requests if the model could not be loaded. Its code must not blame the
/// request.
pub(super) fn of_model(failure: Failure) -> Failure {
    let blames_request = matches!(
        failure.code,
        ErrorCode::EmptyPrompt
            | ErrorCode::PromptTooLong
            | ErrorCode::InvalidToken
            | ErrorCode::InvalidSettings
            | ErrorCode::NothingToDraw
            | ErrorCode::InvalidRequest
            | ErrorCode::NoChatTemplate
            | ErrorCode::ChatTemplate
            | ErrorCode::Unsupported
    );
    if !blames_request {
        return failure;
    }
    let hint = Some("Start the server with another model.".into());
    Failure { code: ErrorCode::UnsupportedModel, hint, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_that_follow_each_other_are_too_many_and_old_ones_are_forgotten() {
        let mut faults = Faults::default();
        let start = Instant::now();
        assert_eq!([0; 4].map(|_| faults.note(start)), [true, true, true, false]);
        assert!(faults.note(start + WINDOW));
    }
}
