//! The parts of a text that are removed one at a time, and what that costs.

use std::ops::Range;

use super::question::OcclusionUnit;
use crate::Token;

/// The parts of a text from the token `from` on, in order. Control tokens are in none.
///
/// ```
/// use protocol::{OcclusionUnit, Token, inspection_units};
///
/// let words = ["The", " cap", "ital", "."];
/// let tokens: Vec<Token> =
///     (0..).zip(words).map(|(id, word)| Token::new(id, word.into(), false)).collect();
/// assert_eq!(inspection_units(&tokens, OcclusionUnit::Word, 0), [0..1, 1..4]);
/// assert_eq!(inspection_units(&tokens, OcclusionUnit::Token, 2), [2..3, 3..4]);
/// ```
pub fn units(tokens: &[Token], unit: OcclusionUnit, from: usize) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    for (index, token) in tokens.iter().enumerate().skip(from) {
        if token.special {
            continue;
        }
        match units.last_mut() {
            Some(last)
                if last.end == index
                    && !begins(unit, &tokens[index - 1].bytes, &token.bytes) =>
            {
                last.end = index + 1;
            }
            _ => units.push(index..index + 1),
        }
    }
    units
}

/// How many tokens are read again when each of these parts of a text of `length` tokens is
/// removed by itself.
pub fn tokens_to_read(units: &[Range<usize>], length: usize) -> u64 {
    // Without the end of a text, its last token is read once more.
    let after = |unit: &Range<usize>| length.saturating_sub(unit.end).max(1) as u64;
    units.iter().map(after).sum()
}

/// Whether a part begins between two neighbours.
fn begins(unit: OcclusionUnit, before: &[u8], token: &[u8]) -> bool {
    let after_space = before.last().is_none_or(u8::is_ascii_whitespace);
    let at_space = token.first().is_some_and(u8::is_ascii_whitespace);
    match unit {
        OcclusionUnit::Token => true,
        OcclusionUnit::Word => {
            // White space belongs to the word that follows.
            let is_space = before.iter().all(u8::is_ascii_whitespace);
            (at_space || after_space) && !is_space
        }
        OcclusionUnit::Sentence => {
            let text = String::from_utf8_lossy(before);
            let closed =
                text.trim_end().trim_end_matches(['"', '\'', ')', '”', '’', '»']);
            let ends = closed.ends_with(['.', '!', '?', '…', '。', '！', '？']);
            text.ends_with('\n') || (ends && (at_space || after_space))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(texts: &[&str]) -> Vec<Token> {
        let token = |(id, text): (u32, &&str)| {
            Token::new(id, text.as_bytes().to_vec(), text.starts_with('<'))
        };
        (0..).zip(texts).map(token).collect()
    }

    #[test]
    fn sentences_end_at_their_signs_and_lines_at_their_ends() {
        let text = tokens(&["Hi", " Dr", "!", " A", " B", ".", "\n", "C", " 1", ".5"]);
        let sentences = units(&text, OcclusionUnit::Sentence, 0);
        assert_eq!(sentences, [0..3, 3..6, 6..7, 7..10]);
    }

    #[test]
    fn control_tokens_stay_and_part_what_is_beside_them() {
        let text = tokens(&["<s>", "user", "\n", "Hi", "<e>", "there"]);
        assert_eq!(units(&text, OcclusionUnit::Word, 0), [1..2, 2..4, 5..6]);
        assert_eq!(units(&text, OcclusionUnit::Sentence, 3), [3..4, 5..6]);
    }

    #[test]
    fn all_tokens_of_a_text_cost_about_half_its_square() {
        let text = tokens(&["a", " b", " c", " d"]);
        let each = units(&text, OcclusionUnit::Token, 0);
        assert_eq!(tokens_to_read(&each, 4), 3 + 2 + 1 + 1);
    }
}
