//! Added tokens: those that are looked for in the text before the model sees it.
//!
//! The rules are those of the `tokenizers` crate. The search is our own, because there
//! must be a choice, text by text, of whether control tokens are found; and so that an
//! added token has the id that its file gives it.

use std::collections::HashMap;

use protocol::TokenId;
use serde::Deserialize;

/// A token that is looked for as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AddedToken {
    pub(super) id: TokenId,
    pub(super) content: String,
    /// Found only where no word goes on before or after it.
    #[serde(default)]
    pub(super) single_word: bool,
    /// Takes the white space before it.
    #[serde(default)]
    pub(super) lstrip: bool,
    /// Takes the white space after it.
    #[serde(default)]
    pub(super) rstrip: bool,
    /// Looked for in the normalized text.
    #[serde(default)]
    pub(super) normalized: bool,
    /// A control token, which stands for no text.
    #[serde(default)]
    pub(super) special: bool,
}

/// What is to be made of the text of a control token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ControlTokens {
    /// The token.
    Parsed,
    /// Text like any other.
    Text,
}

/// A stretch of text between added tokens, or one of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Token(TokenId),
}

/// Finds added tokens, the longest where several start.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    tokens: HashMap<String, AddedToken>,
    /// The lengths of the tokens that start with a byte, longest first.
    lengths: HashMap<u8, Vec<usize>>,
}

impl Finder {
    /// Looks for the second of each pair where the first is written.
    pub(super) fn new(tokens: impl IntoIterator<Item = (String, AddedToken)>) -> Self {
        let mut finder = Finder::default();
        for (text, token) in tokens {
            if let Some(first) = text.bytes().next() {
                finder.lengths.entry(first).or_default().push(text.len());
                finder.tokens.insert(text, token);
            }
        }
        for lengths in finder.lengths.values_mut() {
            lengths.sort_unstable_by(|a, b| b.cmp(a));
            lengths.dedup();
        }
        finder
    }

    /// Splits the text at the tokens in it.
    pub(super) fn split<'t>(
        &self,
        text: &'t str,
        control: ControlTokens,
    ) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let mut done = 0;
        let mut position = 0;
        while position < text.len() {
            let Some((token, length)) = self.token_at(text, position) else {
                position += 1;
                continue;
            };
            let mut start = position;
            let mut end = position + length;
            position = end;
            let is_text = token.special && control == ControlTokens::Text;
            if is_text || token.single_word && in_word(text, start, end) {
                continue;
            }
            if token.lstrip {
                start = done + text[done..start].trim_end().len();
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
                position = end;
            }
            if done < start {
                pieces.push(Piece::Text(&text[done..start]));
            }
            pieces.push(Piece::Token(token.id));
            done = end;
        }
        if done < text.len() {
            pieces.push(Piece::Text(&text[done..]));
        }
        pieces
    }

    /// The longest token that starts at a byte, and how many bytes of text it takes.
    fn token_at(&self, text: &str, position: usize) -> Option<(&AddedToken, usize)> {
        let lengths = self.lengths.get(&text.as_bytes()[position])?;
        lengths.iter().find_map(|length| {
            let candidate = text.get(position..position + length)?;
            Some((self.tokens.get(candidate)?, *length))
        })
    }
}

/// Whether a word goes on beyond either end of a stretch.
fn in_word(text: &str, start: usize, end: usize) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    text[..start].chars().next_back().is_some_and(in_word)
        || text[end..].chars().next().is_some_and(in_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: TokenId, content: &str) -> AddedToken {
        AddedToken {
            id,
            content: content.into(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: false,
        }
    }

    fn finder(tokens: impl IntoIterator<Item = AddedToken>) -> Finder {
        Finder::new(tokens.into_iter().map(|token| (token.content.clone(), token)))
    }

    #[test]
    fn the_longest_token_is_found() {
        let finder = finder([token(0, "<a"), token(1, "<a>"), token(2, "é")]);
        assert_eq!(
            finder.split("x<a><aé<", ControlTokens::Parsed),
            [
                Piece::Text("x"),
                Piece::Token(1),
                Piece::Token(0),
                Piece::Token(2),
                Piece::Text("<"),
            ]
        );
    }

    #[test]
    fn control_tokens_can_be_left_as_text() {
        let special = AddedToken { special: true, ..token(0, "<s>") };
        let finder = finder([special, token(1, "<t>")]);
        let pieces = finder.split("<s><t>", ControlTokens::Text);
        assert_eq!(pieces, [Piece::Text("<s>"), Piece::Token(1)]);
    }

    #[test]
    fn white_space_is_taken_and_words_are_left_whole() {
        let left = AddedToken { lstrip: true, ..token(0, "L") };
        let right = AddedToken { rstrip: true, ..token(1, "R") };
        let word = AddedToken { single_word: true, ..token(2, "word") };
        let finder = finder([left, right, word]);
        assert_eq!(
            finder.split("a \n L R\u{3000} b", ControlTokens::Parsed),
            [
                Piece::Text("a"),
                Piece::Token(0),
                Piece::Text(" "),
                Piece::Token(1),
                Piece::Text("b"),
            ]
        );
        assert_eq!(
            finder.split("swords word", ControlTokens::Parsed),
            [Piece::Text("swords "), Piece::Token(2)]
        );
    }
}
