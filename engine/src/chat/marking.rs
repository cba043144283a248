//! Marks text in messages that reads like a control token, so that it stays text.
//!
//! A marker, a character that Unicode keeps free of meaning and that no message holds,
//! is put inside every occurrence. It breaks the occurrence up for whoever looks for
//! control tokens in the rendered text, and is then taken out again.

use protocol::Message;

use super::{ChatError, Rendered};

/// Marks the messages of one conversation.
pub(super) struct Marking<'a> {
    special_tokens: Vec<&'a str>,
    marker: char,
    /// Bytes of all messages together.
    bytes: usize,
}

impl<'a> Marking<'a> {
    /// A marking for these messages.
    ///
    /// # Errors
    /// If the messages hold every character that could be the marker.
    pub(super) fn new(
        messages: &[Message],
        special_tokens: &'a [String],
    ) -> Result<Self, ChatError> {
        let used = |c: char| messages.iter().any(|message| message.content.contains(c));
        let marker = ('\u{FDD0}'..='\u{FDEF}').find(|c| !used(*c));
        // Tokens of one character have no inside. Their text and they are the same thing
        // to a tokenizer, whatever is marked.
        let special_tokens = special_tokens.iter().map(String::as_str);
        Ok(Marking {
            special_tokens: special_tokens
                .filter(|t| t.chars().nth(1).is_some())
                .collect(),
            marker: marker.ok_or(ChatError::Noncharacters)?,
            bytes: messages.iter().map(|message| message.content.len()).sum(),
        })
    }

    /// Bytes of all messages together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The text with a marker after the first character of each control token in it.
    pub(super) fn mark(&self, text: &str) -> String {
        let mut places: Vec<usize> = self
            .special_tokens
            .iter()
            .flat_map(|token| {
                let inside = token.chars().next().map_or(0, char::len_utf8);
                occurrences(text, token).map(move |start| start + inside)
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut marked = String::with_capacity(text.len() + 3 * places.len());
        let mut done = 0;
        for place in places {
            marked.push_str(&text[done..place]);
            marked.push(self.marker);
            done = place;
        }
        marked.push_str(&text[done..]);
        marked
    }

    /// The result of a template that got marked messages.
    pub(super) fn rendered(&self, text: String) -> Rendered {
        let marker = text.contains(self.marker).then_some(self.marker);
        Rendered::new(text, marker)
    }
}

/// Where `token` starts in `text`, overlaps included.
fn occurrences<'t>(text: &'t str, token: &'t str) -> impl Iterator<Item = usize> + 't {
    let step = token.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(token)?;
        from = start + step;
        Some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Role;

    fn message(content: &str) -> Message {
        Message { role: Role::User, content: content.into() }
    }

    #[test]
    fn every_occurrence_is_broken_up_overlaps_included() {
        let special = ["<s>".to_owned(), "aa".to_owned(), "!".to_owned()];
        let marking = Marking::new(&[], &special).unwrap();
        assert_eq!(marking.mark("x<s>!"), "x<\u{FDD0}s>!");
        assert_eq!(marking.mark("aaa"), "a\u{FDD0}a\u{FDD0}a");
        assert_eq!(marking.mark("é < s>"), "é < s>");
    }

    #[test]
    fn the_marker_is_a_character_that_no_message_holds() {
        let special = ["<s>".to_owned()];
        let messages = [message("\u{FDD0}\u{FDD2}"), message("\u{FDD1}<s>")];
        let marking = Marking::new(&messages, &special).unwrap();
        let marked = marking.mark(&messages[1].content);
        assert_eq!(marked, "\u{FDD1}<\u{FDD3}s>");
        let rendered = marking.rendered(marked);
        assert_eq!(rendered.text(), "\u{FDD1}<s>");

        let all: String = ('\u{FDD0}'..='\u{FDEF}').collect();
        assert!(matches!(
            Marking::new(&[message(&all)], &special),
            Err(ChatError::Noncharacters)
        ));
    }
}
