//! The token with which a template ends the model's turns.

use protocol::{Message, Role};

use super::ChatTemplate;

/// The model's reply in the probe conversation. No template and no control token contains
/// it.
const REPLY: &str = "31415926535897932384626433";

impl ChatTemplate {
    /// The control token that the template writes after a reply, with at most white space
    /// between. A model that was trained on such texts ends its turns with it. `None` if
    /// there is no such token, or the template refuses a plain conversation.
    ///
    /// `special_tokens` are the texts of the tokenizer's control tokens.
    pub fn end_of_turn(&self, special_tokens: &[String]) -> Option<String> {
        let message = |role, content: &str| Message { role, content: content.into() };
        // With another message of the person, the token is not the beginning of a second
        // reply.
        let conversation = [
            message(Role::User, "1"),
            message(Role::Assistant, REPLY),
            message(Role::User, "2"),
        ];
        let rendered = self.render(&conversation, &[], 0).ok()?;
        let text = rendered.text();
        let (_, after) = text.rsplit_once(REPLY)?;
        let after = after.trim_start();
        let ends =
            special_tokens.iter().filter(|t| !t.is_empty() && after.starts_with(*t));
        ends.max_by_key(|token| token.len()).cloned()
    }
}
