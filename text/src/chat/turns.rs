//! How a template ends the model's turns.

use protocol::{Message, Role};

use super::ChatTemplate;

/// What the model says in a conversation that looks for the end of its turn. No template
/// and no control token holds it.
const REPLY: &str = "31415926535897932384626433";

impl ChatTemplate {
    /// The control token that the template writes after what the model said, with white
    /// space before it at most. A model that learned from such texts ends its turns with
    /// it. None if there is none, or the template does not take a plain conversation.
    ///
    /// `special_tokens` are the texts of the tokenizer's control tokens.
    pub fn end_of_turn(&self, special_tokens: &[String]) -> Option<String> {
        let message = |role, content: &str| Message { role, content: content.into() };
        // What the person says next tells an end from the beginning of another reply.
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
