//! The trace: a session with everything that was on screen, as a JSON file that opens without
//! the model.

use crate::{Fault, Session, check};

/// The most bytes of a trace.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The text of a trace's file.
///
/// # Errors
/// [`Fault::TooLarge`] if no page would open it.
pub fn write(session: &Session) -> Result<String, Fault> {
    let text = serde_json::to_string(session).map_err(|_| Fault::Damaged)?;
    (text.len() <= MAX_BYTES).then_some(text).ok_or(Fault::TooLarge)
}

/// The session of a trace's file.
///
/// # Errors
/// Why it cannot be opened.
pub fn read(text: &str) -> Result<Session, Fault> {
    match text.len() {
        ..=MAX_BYTES => check::read(text.as_bytes()),
        _ => Err(Fault::TooLarge),
    }
}
