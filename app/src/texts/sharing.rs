//! Sentences about links, traces and past sessions.

use sharing::{Fault, ModelRef};

pub(crate) use crate::language::table::sharing::*;

use crate::format;
use crate::language::say;

/// Why a session is not opened, and what to do.
pub(crate) fn not_opened(fault: &Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::NoSession => (NO_SESSION.get(), UNCHANGED.get()),
        Fault::Damaged => (DAMAGED.get(), GET_AGAIN.get()),
        Fault::Newer { .. } => (NEWER.get(), RELOAD.get()),
        Fault::TooLarge => (TOO_LARGE.get(), UNCHANGED.get()),
        Fault::Invalid { .. } => (INVALID.get(), UNCHANGED.get()),
    }
}

/// The ids of a session are other tokens to the model.
pub(crate) fn other_tokens(made: &str, here: &str) -> String {
    say!(OTHER_TOKENS, made = made, here = here)
}

/// What differs between the model of a session and the one that is open; none if nothing does.
pub(crate) fn difference(made: &ModelRef, open: &ModelRef) -> Option<String> {
    let describe = |model: &ModelRef| {
        say!(
            MODEL,
            name = model.name,
            format = model.format,
            computed = model.computed_in
        )
    };
    let (made, here) = (describe(made), describe(open));
    (made != here).then(|| say!(DIFFERENCE, made = made, here = here))
}

/// The model says something else than it said when the session was made.
pub(crate) fn other_numbers(then: f32, now: Option<f32>) -> String {
    let then = format::percent(then);
    match now.map(format::percent) {
        Some(now) if now != then => say!(OTHER_NUMBERS, then = then, now = now),
        Some(_) => SLIGHTLY.into(),
        None => say!(NOT_LISTED, then = then),
    }
}

/// What is shown was recorded.
pub(crate) fn recording(model: &str, date: &str) -> String {
    match date {
        "" => say!(RECORDING, model = model),
        date => say!(RECORDING_OF, model = model, date = date),
    }
}
