//! The chat's sentences and labels.

use protocol::FinishReason;

pub(crate) use crate::language::table::chat::*;

use crate::format;
use crate::language::say;
use crate::language::table::{counts, numbers};
use crate::state::Part;

/// A model other than the current one wrote the reply in view.
pub(crate) fn by_other_model(name: &str) -> String {
    say!(BY_OTHER_MODEL, name = name)
}

/// Who wrote the reply in view.
pub(crate) fn written_by(name: &str) -> String {
    say!(WRITTEN_BY, name = name)
}

/// The panel's title for a token of a reply; `index` counts from 0.
pub(crate) fn reply_token(index: usize, text: &str) -> String {
    say!(REPLY_TOKEN, number = index + 1, text = text)
}

/// Who wrote a reply; the name is empty if that is not known.
pub(crate) fn role(writer: &str) -> String {
    match writer {
        "" => ASSISTANT.into(),
        name => name.into(),
    }
}

/// The first words of the system prompt, beside the name of its box.
pub(crate) fn system_facts(system: &str) -> String {
    const LONGEST: usize = 60;
    let line = system.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > LONGEST {
        true => line.chars().take(LONGEST).chain(['…']).collect(),
        false if line.is_empty() => NO_SYSTEM_PROMPT.into(),
        false => line,
    }
}

/// The settings in a few words, beside the name of their box.
pub(crate) fn settings_facts(temperature: f32, max_tokens: u32, begun: bool) -> String {
    let temperature =
        say!(numbers::TEMPERATURE, number = format::shown_knob(temperature));
    let length = say!(UP_TO, tokens = counts::TOKENS.of(max_tokens.into()));
    match begun {
        true => format!("{temperature} · {length} · {REPLY_BEGUN}"),
        false => format!("{temperature} · {length}"),
    }
}

/// What the box of an edited message is for.
pub(crate) fn edit_label(part: Part) -> &'static str {
    match part {
        Part::Question => EDIT_MESSAGE.get(),
        Part::Reply => EDIT_REPLY.get(),
    }
}

/// The button that takes an edited message.
pub(crate) fn take_edit(part: Part) -> &'static str {
    match part {
        Part::Question => SEND.get(),
        Part::Reply => SAVE.get(),
    }
}

/// A reply has ended.
pub(crate) fn reply_ended(tokens: usize) -> String {
    say!(REPLY_ENDED, tokens = counts::TOKENS.of(tokens as u64))
}

/// A token, as it is said, takes the place of another, and the reply goes on from it.
pub(crate) fn goes_on_with(token: &str) -> String {
    say!(GOES_ON_WITH, token = token)
}

/// A token, as it is said, is being looked at.
pub(crate) fn looking_at(token: &str) -> String {
    say!(LOOKING_AT, token = token)
}

/// Another variant of a reply is shown; `shown` counts from 0.
pub(crate) fn variant_shown(shown: usize, variants: usize) -> String {
    say!(VARIANT_SHOWN, number = shown + 1, all = variants)
}

/// Another version of a question is shown; `shown` counts from 0.
pub(crate) fn version_shown(shown: usize, versions: usize) -> String {
    say!(VERSION_SHOWN, number = shown + 1, all = versions)
}

/// The number of the variant or version that is shown, for the eye; `shown` counts from 0.
pub(crate) fn variant(shown: usize, variants: usize) -> String {
    say!(VARIANT, number = shown + 1, all = variants)
}

/// A model cannot chat, since its template is broken. `fault` is a sentence.
pub(crate) fn broken_template(model: &str, fault: &str) -> String {
    say!(BROKEN_TEMPLATE, model = model, fault = fault)
}

/// A model cannot chat, since it has no template.
pub(crate) fn base_model(model: &str) -> String {
    say!(BASE_MODEL, model = model)
}

/// How long a reply is.
pub(crate) fn length(tokens: usize) -> String {
    counts::TOKENS.of(tokens as u64)
}

/// How fast a reply came.
pub(crate) fn speed(tokens_per_second: f64) -> String {
    say!(numbers::TOKENS_PER_SECOND, number = format::digits(tokens_per_second))
}

/// Why a reply of some tokens ended; empty if that needs no saying.
pub(crate) fn ending(reason: FinishReason, tokens: usize) -> &'static str {
    match reason {
        FinishReason::EndOfText if tokens == 0 => "",
        FinishReason::EndOfText => FINISHED.get(),
        FinishReason::MaxTokens => TOKEN_LIMIT.get(),
        FinishReason::ContextFull => CONTEXT_FULL.get(),
        FinishReason::Cancelled => STOPPED.get(),
    }
}
