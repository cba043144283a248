//! What the engine could not do, in the language of the page.
//!
//! The engine says in English what went wrong and what to do. Another language has a sentence
//! for each code, which is less exact, so the engine's own words stand beside it.

use protocol::{ErrorCode, Failure};

pub(crate) use crate::language::table::failures::*;

use crate::language::{Text, is_english, say};

/// Puts a failure into the page's language.
pub(crate) fn translate(failure: &mut Failure) {
    if is_english() {
        return;
    }
    let details = match failure.hint.take() {
        Some(hint) => format!("{} {hint}", failure.message),
        None => std::mem::take(&mut failure.message),
    };
    failure.message = sentence(failure.code).into();
    failure.hint = Some(say!(DETAILS, english = details));
}

fn sentence(code: ErrorCode) -> Text {
    match code {
        ErrorCode::EmptyPrompt => EMPTY_PROMPT,
        ErrorCode::PromptTooLong => PROMPT_TOO_LONG,
        ErrorCode::InvalidToken => INVALID_TOKEN,
        ErrorCode::InvalidSettings => INVALID_SETTINGS,
        ErrorCode::NothingToDraw => NOTHING_TO_DRAW,
        ErrorCode::InvalidRequest => INVALID_REQUEST,
        ErrorCode::NoModel => NO_MODEL,
        ErrorCode::Loading => LOADING,
        ErrorCode::NoChatTemplate => NO_CHAT_TEMPLATE,
        ErrorCode::ChatTemplate => CHAT_TEMPLATE,
        ErrorCode::UnsupportedModel => UNSUPPORTED_MODEL,
        ErrorCode::InvalidModelFile => INVALID_MODEL_FILE,
        ErrorCode::Network => NETWORK,
        ErrorCode::NotStored => NOT_STORED,
        ErrorCode::OutOfMemory => OUT_OF_MEMORY,
        ErrorCode::Unsupported => UNSUPPORTED,
        ErrorCode::Busy => BUSY,
        ErrorCode::Internal => INTERNAL,
    }
}
