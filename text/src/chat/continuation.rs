//! A reply that was begun for the model: its conversation is rendered up to the end of the
//! last message, without what the template writes after it, as transformers does with
//! `continue_final_message`.

use super::error::ChatError;
use super::strings::is_space;

/// Stands at the end of the last message while the template renders. It is the text that
/// transformers uses, since some templates look for it. Its space shows whether the template
/// strips the ends of messages.
const END: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

/// The content of the last message, with its end marked.
pub(super) fn with_end(content: &str) -> String {
    format!("{content}{END}")
}

/// A rendered text up to the marked end. Where the template strips the ends of messages, the
/// white space before it goes, too.
///
/// # Errors
/// If the template does not render the end.
pub(super) fn up_to_end(rendered: &str) -> Result<&str, ChatError> {
    let end = rendered.rfind(END.trim_end()).ok_or(ChatError::NotContinued)?;
    let (before, after) = rendered.split_at(end);
    Ok(match after.starts_with(END) {
        true => before,
        false => before.trim_end_matches(is_space),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_before_the_end_stays_unless_the_template_strips_it() {
        let kept = format!("<a>One {END}</a>");
        assert_eq!(up_to_end(&kept).unwrap(), "<a>One ");
        let stripped = format!("<a>One {}</a>", END.trim_end());
        assert_eq!(up_to_end(&stripped).unwrap(), "<a>One");
    }

    #[test]
    fn a_message_with_the_text_of_the_mark_does_not_end_earlier() {
        let content = format!("{END}and more");
        assert_eq!(up_to_end(&with_end(&content)).unwrap(), content);
    }

    #[test]
    fn a_template_that_drops_the_message_is_told() {
        assert!(matches!(up_to_end("<a></a>"), Err(ChatError::NotContinued)));
    }
}
