//! Added tokens, which are searched for in the text before the model encodes it.
//!
//! The rules are those of the `tokenizers` crate. The search is our own, so that control
//! tokens are found in some texts and not in others, and so that an added token has the
//! id of its file.

use std::collections::HashMap;

use protocol::TokenId;
use serde::Deserialize;

/// A token that is searched for verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AddedToken {
    pub(super) id: TokenId,
    pub(super) content: String,
    /// Whether it is found only as a whole word.
    #[serde(default)]
    pub(super) single_word: bool,
    /// Whether it includes the white space before it.
    #[serde(default)]
    pub(super) lstrip: bool,
    /// Whether it includes the white space after it.
    #[serde(default)]
    pub(super) rstrip: bool,
    /// Whether it is searched for in the normalized text.
    #[serde(default)]
    pub(super) normalized: bool,
    /// Whether it is a control token, which stands for no text.
    #[serde(default)]
    pub(super) special: bool,
}

/// How the text of a control token is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ControlTokens {
    /// As the token.
    Parsed,
    /// As text like any other.
    Text,
}

/// A part of a text: an added token, or the text between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Token(TokenId),
}

/// Finds added tokens, the longest if several start at the same position.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    tokens: HashMap<String, AddedToken>,
    /// The lengths of the tokens that start with a byte, longest first.
    lengths: HashMap<u8, Vec<usize>>,
}

impl Finder {
    /// A finder of tokens, each with the text that it is found by.
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
        let mut copied = 0;
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
                start = copied + text[copied..start].trim_end().len();
            }
            if token.rstrip {
                end = text.len() - text[end..].trim_start().len();
                position = end;
            }
            if copied < start {
                pieces.push(Piece::Text(&text[copied..start]));
            }
            pieces.push(Piece::Token(token.id));
            copied = end;
        }
        if copied < text.len() {
            pieces.push(Piece::Text(&text[copied..]));
        }
        pieces
    }

    /// The longest token that starts at a byte, and its length in bytes.
    fn token_at(&self, text: &str, position: usize) -> Option<(&AddedToken, usize)> {
        let lengths = self.lengths.get(&text.as_bytes()[position])?;
        lengths.iter().find_map(|length| {
            let candidate = text.get(position..position + length)?;
            Some((self.tokens.get(candidate)?, *length))
        })
    }
}

/// Whether the range is part of a longer word.
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
