//! Marks text in messages that looks like a control token, so that it stays text.
//!
//! A marker, a Unicode noncharacter that no message contains, is inserted into every
//! occurrence. It splits the occurrence, so that the tokenizer does not find a control
//! token in the rendered text, and is then removed.
//!
//! A template that searches a message for such a text would not find it then. So the
//! messages are also rendered without marks, and that text is the result; marks only show
//! which of its control tokens are the template's own. If marks change what the template
//! does, others are tried, before or after the occurrences.

use protocol::Message;

use super::error::ChatError;
use crate::rendered::Rendered;

/// The position of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkPosition {
    /// After the first character of each occurrence.
    Inside,
    /// Before each occurrence, with a different character for each control token.
    Before,
    /// After each occurrence, likewise.
    After,
}

/// The positions in the order in which they are tried.
pub(super) const MARK_POSITIONS: [MarkPosition; 3] =
    [MarkPosition::Inside, MarkPosition::Before, MarkPosition::After];

/// Marks the messages of one conversation.
pub(super) struct Marking<'a> {
    /// The control tokens whose text is in a message.
    present: Vec<&'a str>,
    /// Noncharacters that no message contains, at least one.
    free: Vec<char>,
    /// Bytes of all messages together.
    bytes: usize,
}

impl<'a> Marking<'a> {
    /// Prepares a marking for these messages.
    ///
    /// # Errors
    /// If the messages contain every character that could be the marker.
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
        // Tokens of one character have no inside. To a tokenizer they are the same as
        // their text, with or without marks.
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

    /// A message's text with its occurrences marked.
    pub(super) fn mark(&self, text: &str, position: MarkPosition) -> String {
        let mut marks = Vec::new();
        for (index, token) in self.present.iter().enumerate() {
            for start in occurrences(text, token) {
                marks.push(match position {
                    MarkPosition::Inside => (start + first_length(token), self.free[0]),
                    MarkPosition::Before => (start, self.mark_of(index)),
                    MarkPosition::After => (start + token.len(), self.mark_of(index)),
                });
            }
        }
        with_marks(text, marks)
    }

    /// A rendered text without marks.
    pub(super) fn unmarked(&self, text: &str) -> String {
        text.replace(&self.free[..], "")
    }

    /// The result of rendering messages that were marked at this position.
    pub(super) fn rendered(&self, text: &str, position: MarkPosition) -> Rendered {
        let marker = self.free[0];
        if position == MarkPosition::Inside {
            let marker = text.contains(marker).then_some(marker);
            return Rendered::new(text.to_owned(), marker);
        }
        // Marks beside a token are replaced by a marker inside.
        let mut inside = Vec::new();
        for (index, token) in self.present.iter().enumerate() {
            let mark = self.mark_of(index);
            inside.extend(occurrences(text, token).filter_map(|start| {
                let marked = match position {
                    MarkPosition::After => text[start + token.len()..].starts_with(mark),
                    _ => text[..start].ends_with(mark),
                };
                marked.then_some((start + first_length(token), marker))
            }));
        }
        Rendered::new(with_marks(text, inside), Some(marker)).without(&self.free[1..])
    }

    /// A rendered text in which the template's control tokens cannot be told from those
    /// in messages: all that are in a message become text.
    pub(super) fn all_as_text(&self, text: &str) -> Rendered {
        let marked = self.mark(text, MarkPosition::Inside);
        Rendered::new(marked, Some(self.free[0]))
    }

    /// The mark beside a control token. Each token has its own, as far as there are
    /// enough, so that the mark is not taken for one of a neighbour that the template
    /// wrote.
    fn mark_of(&self, index: usize) -> char {
        let count = self.free.len() - 1;
        match count {
            0 => self.free[0],
            _ => self.free[1 + index % count],
        }
    }
}

/// Inserts characters at byte offsets, one at each.
fn with_marks(text: &str, mut marks: Vec<(usize, char)>) -> String {
    marks.sort_unstable();
    marks.dedup();
    let mut marked = String::with_capacity(text.len() + 3 * marks.len());
    let mut done = 0;
    for (position, mark) in marks {
        marked.push_str(&text[done..position]);
        marked.push(mark);
        done = position;
    }
    marked.push_str(&text[done..]);
    marked
}

/// The length of the first character in bytes.
fn first_length(token: &str) -> usize {
    token.chars().next().map_or(0, char::len_utf8)
}

/// The offsets of `token` in `text`, overlaps included.
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
        let mark = |text| MARK_POSITIONS.map(|position| marking.mark(text, position));
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
    fn the_marker_is_a_character_that_no_message_contains() {
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
