//! How tokens are shown as running text. A character that several tokens form is shown once,
//! by the token that completes it. Signs stand for what cannot be seen; they are not part of
//! the text, so that copying from the page gives the text itself.

use protocol::{Token, display_text};

/// How a token is shown in running text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) parts: Vec<SpelledPart>,
    /// It is shown by signs only: for white space, bytes, or parts of a character.
    pub(crate) signs: bool,
}

/// A part of how a token is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpelledPart {
    /// Characters that are shown as they are.
    Text(String),
    /// A sign with the text that it stands for, which may be empty.
    Sign { sign: String, text: String },
}

/// The sign for a part of a character that a later token completes.
const INCOMPLETE: &str = "·";

/// How many earlier tokens a new token can change: a character has at most four bytes.
pub(crate) const REACH: usize = 3;

/// How the tokens from index `from` on are shown.
pub(crate) fn spell(tokens: &[&Token], from: usize) -> Vec<Spelled> {
    let start = from.saturating_sub(REACH);
    let mut spelled =
        vec![Spelled { signs: true, ..Spelled::default() }; tokens.len() - start];
    let mut next = 0;
    for run in tokens[start..].chunk_by(|a, b| a.special == b.special) {
        let shown = &mut spelled[next..next + run.len()];
        match run[0].special {
            // A special token stands for no text.
            true => run.iter().zip(shown).for_each(|(token, shown)| {
                shown.sign(&token.text, "");
                shown.signs = false;
            }),
            false => spell_run(run, shown),
        }
        next += run.len();
    }
    spelled.split_off(from - start)
}

/// Shows each character at the token with its last byte, and each byte that is part of no
/// character at its own token.
fn spell_run(tokens: &[&Token], shown: &mut [Spelled]) {
    let owned = |(owner, token): (usize, &&Token)| {
        token.bytes.iter().map(move |byte| (*byte, owner)).collect::<Vec<_>>()
    };
    let (bytes, owners): (Vec<u8>, Vec<usize>) =
        tokens.iter().enumerate().flat_map(owned).unzip();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let last = owners[at + c.len_utf8() - 1];
            owners[at..at + c.len_utf8()]
                .chunk_by(|a, b| a == b)
                .filter(|part| part[0] != last)
                .for_each(|part| shown[part[0]].sign(INCOMPLETE, ""));
            let is_blank = tokens[last].bytes.iter().all(u8::is_ascii_whitespace);
            shown[last].push(c, is_blank);
            at += c.len_utf8();
        }
        for byte in chunk.invalid() {
            shown[owners[at]].sign(&display_text(&[*byte]), "");
            at += 1;
        }
    }
    let empty = shown.iter_mut().filter(|shown| shown.parts.is_empty());
    empty.for_each(|shown| shown.sign(&display_text(b""), ""));
}

impl Spelled {
    /// Adds a character. A space among other characters is shown as it is, and in a token of
    /// white space alone as a sign.
    fn push(&mut self, c: char, is_blank: bool) {
        let text = c.to_string();
        let sign = display_text(text.as_bytes());
        match c {
            ' ' if !is_blank => self.text(c),
            // Without a sign, it cannot be seen.
            _ if sign != text => self.sign(&sign, &text),
            c => {
                self.text(c);
                self.signs = false;
            }
        }
    }

    fn text(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(SpelledPart::Text(text)) => text.push(c),
            _ => self.parts.push(SpelledPart::Text(c.into())),
        }
    }

    fn sign(&mut self, sign: &str, text: &str) {
        self.parts.push(SpelledPart::Sign { sign: sign.into(), text: text.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(parts: &[&[u8]]) -> Vec<Spelled> {
        let tokens: Vec<Token> =
            parts.iter().map(|bytes| Token::new(0, bytes.to_vec(), false)).collect();
        let tokens: Vec<&Token> = tokens.iter().collect();
        spell(&tokens, 0)
    }

    fn check(parts: &[&[u8]], expected: &[&str]) {
        let seen = |spelled: Spelled| -> String {
            let parts = spelled.parts.into_iter();
            parts
                .map(|part| match part {
                    SpelledPart::Text(text) => text,
                    SpelledPart::Sign { sign, .. } => sign,
                })
                .collect()
        };
        let texts: Vec<String> = spelled(parts).into_iter().map(seen).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn white_space_inside_of_text_stays_white_and_alone_is_marked() {
        check(&[b"Once", b" upon", b" ", b"\n"], &["Once", " upon", "␣", "↵"]);
    }

    #[test]
    fn a_character_of_several_tokens_appears_where_it_is_complete() {
        check(&[b"\xF0\x9F", b"\x98", b"\x80"], &["·", "·", "😀"]);
        check(&[b"a\xC3", b"\xA9b"], &["a·", "éb"]);
    }

    #[test]
    fn bytes_that_become_no_character_are_named() {
        check(&[b"\xF0\x9F", b"x"], &["<0xF0><0x9F>", "x"]);
        check(&[b"\xE2\x98"], &["<0xE2><0x98>"]);
        check(&[b"\xA9"], &["<0xA9>"]);
    }

    #[test]
    fn what_is_copied_of_tokens_is_their_text_without_any_sign() {
        let code = "def f(a):\n\treturn\u{200B} a  + 1\n\n";
        let bytes = code.as_bytes();
        let cut: Vec<&[u8]> =
            vec![&bytes[..5], &bytes[5..9], &bytes[9..20], &bytes[20..]];
        let copied: String = spelled(&cut)
            .into_iter()
            .flat_map(|spelled| spelled.parts)
            .map(|part| match part {
                SpelledPart::Text(text) | SpelledPart::Sign { text, .. } => text,
            })
            .collect();
        assert_eq!(copied, code);
        let end = Token::new(1, b"<|end|>".to_vec(), true);
        let part = SpelledPart::Sign { sign: "<|end|>".into(), text: String::new() };
        assert_eq!(spell(&[&end], 0)[0].parts, [part]);
    }
}
