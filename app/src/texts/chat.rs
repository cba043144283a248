//! The chat's sentences and labels.

use protocol::FinishReason;

use crate::format;
use crate::state::Part;

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

/// A reply that the person wrote or changed.
pub(crate) const EDITED: &str = "edited by you";
/// A reply that the person began and the model continued.
pub(crate) const BEGUN: &str = "begun by you";
/// What the system prompt does.
pub(crate) const SYSTEM_MESSAGE: &str =
    "Sent before the conversation with each message. “What the model sees” shows it.";
/// The model at hand cannot be given a system message.
pub(crate) const NO_SYSTEM_MESSAGE: &str =
    "This model’s chat template has no place for a system prompt, so it is not sent.";

/// The panel's title before there is a reply.
pub(crate) const REPLY_TOKENS: &str = "Tokens of the reply";
/// There is no reply yet.
pub(crate) const SEND_TO_SEE: &str =
    "Send a message to see the alternatives for each token.";
/// The model cannot chat.
pub(crate) const NO_REPLIES: &str = "This model does not chat, so there are no replies.";
/// The reply in view was edited.
pub(crate) const NOT_WRITTEN_BY_A_MODEL: &str =
    "You wrote this reply, so its tokens were not drawn from anything.";
/// The tokens of the reply in view are not known.
pub(crate) const TOKENS_NOT_KEPT: &str = "The tokens of this reply were not saved.";
/// The prompt of the reply in view is not known.
pub(crate) const PROMPT_NOT_KEPT: &str = "What the model saw for this reply was not saved, so its alternatives cannot be computed \
     again.";
/// The reply can be changed by choosing a row.
pub(crate) const PICK_TO_REWRITE: &str =
    "Pick another token to rewrite the reply from here.";
/// The reply in view was written in an earlier visit.
pub(crate) const EARLIER_VISIT: &str = "This reply is from an earlier visit. Show its tokens and choose one to compute its \
     alternatives again.";
/// The distribution of the token in view is not known.
pub(crate) const CHOOSE_AGAIN: &str =
    "Not computed. Choose the token again to compute it.";
/// A model that is not known wrote the reply in view.
pub(crate) const BY_ANOTHER_MODEL: &str = "This reply was written by another model, whose tokens differ from those of the current \
     one. Load that model to see the alternatives.";

/// A model other than the current one wrote the reply in view.
pub(crate) fn by_other_model(name: &str) -> String {
    format!(
        "This reply was written by {name}, whose tokens differ from those of the current \
         model. Load that model to see the alternatives."
    )
}

/// Who wrote the reply in view.
pub(crate) fn written_by(name: &str) -> String {
    format!("Written by {name}.")
}

/// The panel's title for a token of a reply; `index` counts from 0.
pub(crate) fn reply_token(index: usize, text: &str) -> String {
    format!("Reply token {}: {text}", index + 1)
}

/// Who wrote a reply; the name is empty if that is not known.
pub(crate) fn role(writer: &str) -> String {
    match writer {
        "" => "Assistant".into(),
        name => name.into(),
    }
}

/// The first words of the system prompt, beside the name of its box.
pub(crate) fn system_facts(system: &str) -> String {
    const LONGEST: usize = 60;
    let line = system.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > LONGEST {
        true => line.chars().take(LONGEST).chain(['…']).collect(),
        false if line.is_empty() => "none".into(),
        false => line,
    }
}

/// The settings in a few words, beside the name of their box.
pub(crate) fn settings_facts(temperature: f32, max_tokens: u32, begun: bool) -> String {
    let length = format::counted(max_tokens.into(), "token");
    let temperature = format::knob(temperature);
    match begun {
        true => format!("temperature {temperature} · up to {length} · reply begun"),
        false => format!("temperature {temperature} · up to {length}"),
    }
}

/// What the box of an edited message is for.
pub(crate) fn edit_label(part: Part) -> &'static str {
    match part {
        Part::Question => "Edit your message",
        Part::Reply => "Edit the reply",
    }
}

/// The button that takes an edited message.
pub(crate) fn take_edit(part: Part) -> &'static str {
    match part {
        Part::Question => "Send",
        Part::Reply => "Save",
    }
}

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
