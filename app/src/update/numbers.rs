//! Verifying the numbers on screen. A verification runs only while the distribution that
//! it is of is in view, and any other request takes precedence over it.

use protocol::{Command, Verification};

use super::requests::{Effects, cancel, send};
use crate::state::{NumberCheck, Purpose, State, TextInView};
use crate::texts;

/// Has the distribution in view computed once more.
pub(super) fn verify(state: &mut State, effects: &mut Effects) {
    let text = state.text_in_view().filter(|_| state.can_verify());
    let rows = state.in_view().map(|view| view.distribution.candidates.len());
    let (Some(text), Some(rows)) = (text, rows) else {
        state.notify(texts::verification::NOTHING);
        return;
    };
    state.number_check = None;
    state.announce(texts::verification::STARTED);
    let command = Command::Verify { ids: text.ids.clone(), candidates: rows as u32 };
    send(state, Purpose::VerifyNumbers(text), command, effects);
}

/// Stores the result for its text.
pub(super) fn on_verified(
    state: &mut State,
    text: TextInView,
    verification: Verification,
) {
    state.number_check = Some(NumberCheck::new(text, verification));
}

/// Stops the verification, if one is under way.
pub(super) fn stop_verifying(state: &mut State, effects: &mut Effects) {
    let verifies = |purpose: &Purpose| matches!(purpose, Purpose::VerifyNumbers(_));
    if cancel(state, verifies, effects) {
        state.notify(texts::page::STOPPED);
    }
}

/// Stops a verification whose distribution is no longer in view, or will soon not be.
pub(super) fn stop_if_out_of_view(state: &mut State, effects: &mut Effects) {
    let Some(text) = state.verifying() else { return };
    if state.playing() || state.text_in_view().as_ref() != Some(text) {
        stop_verifying(state, effects);
    }
}
