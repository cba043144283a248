//! Requests to the engine: sent with a purpose, and cancelled when their answers are no
//! longer needed. Everything else in `update` stands on this file.

use protocol::{Command, Request};

use crate::effect::Effect;
use crate::state::{Purpose, Readiness, State};

/// The effects of an update, in order.
pub(crate) type Effects = Vec<Effect>;

/// Sends a command and opens a request for its answers. It ends a verification, and a look
/// inside of the model.
pub(super) fn send(
    state: &mut State,
    purpose: Purpose,
    command: Command,
    effects: &mut Effects,
) {
    if state.engine.readiness == Readiness::Recorded {
        // No one would answer.
        return;
    }
    // The engine works on one request after the other, and these are long.
    let is_long =
        |open: &Purpose| matches!(open, Purpose::VerifyNumbers(_) | Purpose::Inside(_));
    if !matches!(purpose, Purpose::VerifyNumbers(_) | Purpose::Models) {
        cancel(state, is_long, effects);
    }
    let id = state.requests.open(purpose);
    effects.push(Effect::Send(Request { id, command }));
}

/// Closes the requests that a predicate selects, and tells the engine to stop them. False if
/// there are none.
pub(super) fn cancel(
    state: &mut State,
    which: impl Fn(&Purpose) -> bool,
    effects: &mut Effects,
) -> bool {
    let closed = state.requests.close_all(which);
    let any = !closed.is_empty();
    for request in closed {
        let id = state.requests.next_id();
        effects.push(Effect::Send(Request { id, command: Command::Cancel { request } }));
    }
    any
}
