//! What a template does with turns, found out by rendering probes: the token with which it
//! ends the model's, and whether it takes a system message.

use protocol::{Message, Role};

use super::ChatTemplate;

/// A message of the probe conversations. No template and no control token contains it.
const PROBE: &str = "31415926535897932384626433";

impl ChatTemplate {
    /// The control token that the template writes after a reply, with at most white space
    /// between. A model that was trained on such texts ends its turns with it. `None` if
    /// there is no such token, or the template refuses a plain conversation.
    ///
    /// `special_tokens` are the texts of the tokenizer's control tokens.
    pub fn end_of_turn(&self, special_tokens: &[String]) -> Option<String> {
        // With another message of the person, the token is not the beginning of a second
        // reply.
        let conversation = [
            message(Role::User, "1"),
            message(Role::Assistant, PROBE),
            message(Role::User, "2"),
        ];
        let rendered = self.render(&conversation, &[], 0).ok()?;
        let text = rendered.text();
        let (_, after) = text.rsplit_once(PROBE)?;
        let after = after.trim_start();
        let ends =
            special_tokens.iter().filter(|t| !t.is_empty() && after.starts_with(*t));
        ends.max_by_key(|token| token.len()).cloned()
    }

    /// Whether the template renders a system message before a conversation. Some refuse it,
    /// others leave it out.
    pub fn takes_system_message(&self) -> bool {
        let conversation = [message(Role::System, PROBE), message(Role::User, "1")];
        let rendered = self.render(&conversation, &[], 0);
        rendered.is_ok_and(|rendered| rendered.text().contains(PROBE))
    }
}

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.into() }
}
