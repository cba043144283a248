//! Sentences about links, traces and past sessions.

use sharing::{Fault, ModelRef};

use crate::format;

/// There is nothing to share.
pub(crate) const NOTHING: &str = "There is nothing to share yet: start a text first.";
/// The text does not fit into a link.
pub(crate) const TOO_LONG_FOR_A_LINK: &str =
    "The texts are too long for a link. Save the session as a file.";
/// A link or a file could not be made.
pub(crate) const NOT_SHARED: &str = "That did not work. Reload the page and try again.";
/// A file could not be read.
pub(crate) const FILE_NOT_READ: &str = "The file could not be read.";
/// A session is open.
pub(crate) const OPENED: &str = "Session opened.";
/// The model says the same as it said when the link was made.
pub(crate) const SAME_NUMBERS: &str = "The same numbers as when this was shared.";
/// What to do about tokens of another model.
pub(crate) const OPEN_THAT_MODEL: &str = "Load that model and open the link again.";
/// Nothing is computed.
pub(crate) const RECORDED: &str = "Recorded";
/// Nothing can be computed.
pub(crate) const ONLY_RECORDED: &str =
    "This is a recording. Load a model to compute anything new.";

/// Why a session is not opened, and what to do.
pub(crate) fn not_opened(fault: &Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::NoSession => ("This is not a session.", "Your text is unchanged."),
        Fault::Damaged => (
            "The session is damaged: part of it is missing or was changed.",
            "Copy the whole link, or get the file again.",
        ),
        Fault::Newer { .. } => (
            "The session was made by a newer version of this page.",
            "Reload the page to get that version.",
        ),
        Fault::TooLarge => {
            ("The session is larger than this page can open.", "Your text is unchanged.")
        }
        Fault::Invalid { .. } => (
            "The session contradicts itself, so it is not shown.",
            "Your text is unchanged.",
        ),
    }
}

/// The ids of a session are other tokens to the model.
pub(crate) fn other_tokens(made_with: &str, open: &str) -> String {
    format!("The session was made with {made_with}, whose tokens {open} does not have.")
}

/// What differs between the model of a session and the one that is open; none if nothing does.
pub(crate) fn difference(made: &ModelRef, open: &ModelRef) -> Option<String> {
    let describe = |model: &ModelRef| {
        format!("{} ({}, computed in {})", model.name, model.format, model.computed_in)
    };
    let same = describe(made) == describe(open);
    (!same).then(|| {
        format!(
            "This was made with {}. Here it is {}, so the numbers can differ.",
            describe(made),
            describe(open)
        )
    })
}

/// The model says something else than it said when the session was made.
pub(crate) fn other_numbers(then: f32, now: Option<f32>) -> String {
    let then = format::percent(then);
    match now.map(format::percent) {
        Some(now) if now != then => {
            format!("The first row was {then} when this was shared and is {now} here.")
        }
        Some(_) => "The numbers differ slightly from those that were shared.".into(),
        None => {
            format!("The first row was {then} when this was shared; it is none here.")
        }
    }
}

/// What is shown was recorded.
pub(crate) fn recorded(model: &str, date: &str) -> String {
    let when = if date.is_empty() { String::new() } else { format!(" on {date}") };
    format!("A recording of {model}{when}. Nothing is computed.")
}
