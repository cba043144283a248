//! Chat templates against what Python's transformers renders, and with damaged templates.

/// Damaged and hostile templates.
mod damage;
/// Templates against transformers' renderings.
mod expected;
/// What transformers adds to Jinja, and where minijinja differs from Jinja2.
mod jinja;
/// Real templates and tokenizers.
mod models;
/// Python and Jinja in templates, against what Jinja2 renders.
mod python;
/// The switch of models that think.
mod thinking;
/// What a request sets.
mod variables;

use protocol::{Message, Role};
use text::chat::{ChatError, ChatTemplate};

/// 2026-01-02, 03:04:05 UTC.
const NOW: i64 = 1_767_323_045;

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.into() }
}

fn user(content: &str) -> Message {
    message(Role::User, content)
}

fn render(template: &str, messages: &[Message]) -> Result<String, ChatError> {
    let template = ChatTemplate::new(template, Some("<BOS>"), Some("<EOS>"))?;
    Ok(template.render(messages, &[], NOW)?.text().into_owned())
}

fn three() -> [Message; 3] {
    [
        user("What is 2 + 2?"),
        message(Role::Assistant, "4, I think."),
        user("  Are you\nsure? é☃ \"quoted\" {{ x }} "),
    ]
}

fn system() -> [Message; 4] {
    [
        message(Role::System, "You are terse. "),
        user("Hi"),
        message(Role::Assistant, "<think>\nhm\n</think>\n\nHello."),
        user("Bye"),
    ]
}

/// The FNV-1a hash of a text in UTF-8.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
