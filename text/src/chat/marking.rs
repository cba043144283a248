//! Marks text in messages that reads like a control token, so that it stays text.
//!
//! A marker, a character that Unicode keeps free of meaning and that no message holds,
//! is put inside every occurrence. It breaks the occurrence up for whoever looks for
//! control tokens in the rendered text, and is then taken out again.
//!
//! A template that looks for such a text in a message would miss it then. So what it makes
//! of the messages as they are is what counts, and the marks are only used to find out
//! which control tokens of that text are the template's own: with marks that change what
//! the template does, others are tried, before or after the occurrences.

use protocol::Message;

use super::error::ChatError;
use crate::rendered::Rendered;

/// Where marks are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkPosition {
    /// After the first character of each occurrence.
    Inside,
    /// Before each occurrence, a character for each control token.
    Before,
    /// After each occurrence.
    After,
}

/// The places in the order in which they are tried.
pub(super) const MARK_POSITIONS: [MarkPosition; 3] =
    [MarkPosition::Inside, MarkPosition::Before, MarkPosition::After];

/// Marks the messages of one conversation.
pub(super) struct Marking<'a> {
    /// The control tokens whose text is in some message.
    present: Vec<&'a str>,
    /// Characters that no message holds, one at least.
    free: Vec<char>,
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
        let used = |text: &str| messages.iter().any(|m| m.content.contains(text));
        let free: Vec<char> = ('\u{FDD0}'..='\u{FDEF}')
            .filter(|c| !used(c.encode_utf8(&mut [0; 4])))
            .collect();
        if free.is_empty() {
            return Err(ChatError::Noncharacters);
        }
        // Tokens of one character have no inside. Their text and they are the same thing
        // to a tokenizer, whatever is marked.
        let tokens = special_tokens.iter().map(String::as_str);
        let present = tokens.filter(|t| t.chars().nth(1).is_some() && used(t)).collect();
        let bytes = messages.iter().map(|message| message.content.len()).sum();
        Ok(Marking { present, free, bytes })
    }

    /// Bytes of all messages together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is nothing to mark.
    pub(super) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The text with its occurrences marked.
    pub(super) fn mark(&self, text: &str, place: MarkPosition) -> String {
        let mut marks = Vec::new();
        for (index, token) in self.present.iter().enumerate() {
            for start in occurrences(text, token) {
                marks.push(match place {
                    MarkPosition::Inside => (start + first_length(token), self.free[0]),
                    MarkPosition::Before => (start, self.own_mark(index)),
                    MarkPosition::After => (start + token.len(), self.own_mark(index)),
                });
            }
        }
        with_marks(text, marks)
    }

    /// A rendered text without marks.
    pub(super) fn unmarked(&self, text: &str) -> String {
        text.replace(&self.free[..], "")
    }

    /// What a template made of messages that were marked in this place.
    pub(super) fn rendered(&self, text: &str, place: MarkPosition) -> Rendered {
        let marker = self.free[0];
        if place == MarkPosition::Inside {
            let marker = text.contains(marker).then_some(marker);
            return Rendered::new(text.to_owned(), marker);
        }
        // The marks beside a token go into it.
        let mut inside = Vec::new();
        for (index, token) in self.present.iter().enumerate() {
            let mark = self.own_mark(index);
            inside.extend(occurrences(text, token).filter_map(|start| {
                let marked = match place {
                    MarkPosition::After => text[start + token.len()..].starts_with(mark),
                    _ => text[..start].ends_with(mark),
                };
                marked.then_some((start + first_length(token), marker))
            }));
        }
        Rendered::new(with_marks(text, inside), Some(marker)).without(&self.free[1..])
    }

    /// A rendered text in which nobody knows whose the control tokens are that are also in
    /// messages: none of them is one.
    pub(super) fn doubtful(&self, text: &str) -> Rendered {
        let marked = self.mark(text, MarkPosition::Inside);
        Rendered::new(marked, Some(self.free[0]))
    }

    /// The mark beside a control token: one of its own, as far as there are any, so that
    /// it does not seem to belong to what the template puts next to it.
    fn own_mark(&self, index: usize) -> char {
        let own = self.free.len() - 1;
        match own {
            0 => self.free[0],
            _ => self.free[1 + index % own],
        }
    }
}

/// The text with characters put in at places, once at each.
fn with_marks(text: &str, mut marks: Vec<(usize, char)>) -> String {
    marks.sort_unstable();
    marks.dedup();
    let mut marked = String::with_capacity(text.len() + 3 * marks.len());
    let mut done = 0;
    for (place, mark) in marks {
        marked.push_str(&text[done..place]);
        marked.push(mark);
        done = place;
    }
    marked.push_str(&text[done..]);
    marked
}

fn first_length(token: &str) -> usize {
    token.chars().next().map_or(0, char::len_utf8)
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
    fn every_occurrence_is_marked_overlaps_included() {
        let special = ["<s>".to_owned(), "aa".to_owned(), "!".to_owned()];
        let text = [message("x<s>!aaa")];
        let marking = Marking::new(&text, &special).unwrap();
        let mark = |text| MARK_POSITIONS.map(|place| marking.mark(text, place));
        assert_eq!(mark("x<s>!"), ["x<\u{FDD0}s>!", "x\u{FDD1}<s>!", "x<s>\u{FDD1}!"]);
        assert_eq!(
            mark("aaa"),
            ["a\u{FDD0}a\u{FDD0}a", "\u{FDD2}a\u{FDD2}aa", "aa\u{FDD2}a\u{FDD2}"]
        );
        assert_eq!(marking.mark("é < s>", MarkPosition::Inside), "é < s>");
        assert!(Marking::new(&[message("é < s>!")], &special).unwrap().is_empty());
    }

    #[test]
    fn only_marked_occurrences_become_text() {
        let special = ["<s>".to_owned(), "<e>".to_owned()];
        let marking = Marking::new(&[message("<s><e>")], &special).unwrap();
        let before = "<s>\u{FDD1}<s>\u{FDD1}<e>\u{FDD2}<e>";
        assert_eq!(
            marking.rendered(before, MarkPosition::Before).marked(),
            "<s><\u{FDD0}s><e><\u{FDD0}e>"
        );
        let after = "<s><s>\u{FDD1}<e>\u{FDD1}<e>\u{FDD2}";
        assert_eq!(
            marking.rendered(after, MarkPosition::After).marked(),
            "<s><\u{FDD0}s><e><\u{FDD0}e>"
        );
    }

    #[test]
    fn the_marker_is_a_character_that_no_message_holds() {
        let special = ["<s>".to_owned()];
        let messages = [message("\u{FDD0}\u{FDD2}"), message("\u{FDD1}<s>")];
        let marking = Marking::new(&messages, &special).unwrap();
        let marked = marking.mark(&messages[1].content, MarkPosition::Inside);
        assert_eq!(marked, "\u{FDD1}<\u{FDD3}s>");
        let rendered = marking.rendered(&marked, MarkPosition::Inside);
        assert_eq!(rendered.text(), "\u{FDD1}<s>");

        let all: String = ('\u{FDD0}'..='\u{FDEF}').collect();
        assert!(matches!(
            Marking::new(&[message(&all)], &special),
            Err(ChatError::Noncharacters)
        ));
    }
}
