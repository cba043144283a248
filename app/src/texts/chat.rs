//! The chat's sentences and labels.

use protocol::FinishReason;

use crate::format;

/// The message that is to be sent has no text.
pub(crate) const EMPTY_MESSAGE: &str = "The message is empty. Type something first.";
/// There is no model to send a message to yet.
pub(crate) const NOT_READY: &str = "The model is not ready yet.";
/// What to do then about a message.
pub(crate) const SEND_LATER: &str =
    "Send again as soon as it is ready; your text stays here.";
/// No further message fits into the conversation.
pub(crate) const TOO_MANY_MESSAGES: &str = "This conversation is as long as one can be.";
/// What to do then.
pub(crate) const CLEAR_FIRST: &str = "Clear the chat to begin another conversation.";
/// The conversation was cleared.
pub(crate) const CLEARED: &str = "The conversation was cleared. Undo brings it back.";
/// The conversation that was cleared is back.
pub(crate) const BROUGHT_BACK: &str = "The conversation is back.";
/// With temperature 0, another reply is the same.
pub(crate) const SAME_AT_ZERO: &str =
    "At temperature 0 the model always writes the same reply.";
/// A reply was edited, and the edited text stands in its place.
pub(crate) const REPLY_EDITED: &str =
    "The conversation continues from your version. The model’s is still there.";
/// An exchange is the explorer's text now.
pub(crate) const OPEN_IN_EXPLORER: &str = "The conversation is open in the explorer.";
/// The engine's answer lacks the token that was asked about.
pub(crate) const NO_PROBABILITY: &str =
    "The engine did not say how probable this token was.";
/// The model reads the conversation, and has written nothing yet.
pub(crate) const READING: &str = "reading the conversation…";

/// A reply has ended.
pub(crate) fn reply_ended(tokens: usize) -> String {
    format!("The reply has {}.", format::counted(tokens as u64, "token"))
}

/// A token, as it is said, takes the place of another, and the reply goes on from it.
pub(crate) fn goes_on_with(token: &str) -> String {
    format!("The reply goes on with {token}.")
}

/// A token, as it is said, is being looked at.
pub(crate) fn looking_at(token: &str) -> String {
    format!("Looking at {token}.")
}

/// Another variant of a reply is shown; `shown` counts from 0.
pub(crate) fn variant_shown(shown: usize, variants: usize) -> String {
    format!("Reply {} of {variants}.", shown + 1)
}

/// Another version of a question is shown; `shown` counts from 0.
pub(crate) fn version_shown(shown: usize, versions: usize) -> String {
    format!("Message {} of {versions}.", shown + 1)
}

/// The number of the variant or version that is shown, for the eye; `shown` counts from 0.
pub(crate) fn variant(shown: usize, variants: usize) -> String {
    format!("{} of {variants}", shown + 1)
}

/// A model cannot chat, since its template is broken. `fault` is a sentence.
pub(crate) fn broken_template(model: &str, fault: &str) -> String {
    format!("{model} has a chat template that cannot be used. {fault}")
}

/// A model cannot chat, since it has no template.
pub(crate) fn base_model(model: &str) -> String {
    format!(
        "{model} is a base model: it has no chat template, so it only continues text. It \
         was never trained to take turns in a conversation."
    )
}

/// How long a reply is.
pub(crate) fn length(tokens: usize) -> String {
    format::counted(tokens as u64, "token")
}

/// How fast a reply came.
pub(crate) fn speed(tokens_per_second: f64) -> String {
    format!("{} tokens/s", format::digits(tokens_per_second))
}

/// Why a reply of some tokens ended; empty if that needs no saying.
pub(crate) fn ending(reason: FinishReason, tokens: usize) -> &'static str {
    match reason {
        FinishReason::EndOfText if tokens == 0 => "",
        FinishReason::EndOfText => "finished",
        FinishReason::MaxTokens => "stopped at the token limit",
        FinishReason::ContextFull => "stopped: context full",
        FinishReason::Cancelled => "stopped",
    }
}
