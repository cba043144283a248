//! Tokens side by side as running text: a character that several tokens make together
//! appears once, where it is complete.

use protocol::{Token, display_text};

/// How a token of a running text is shown. One string: it becomes one text node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spelled {
    pub(crate) text: String,
    /// It is shown by signs only: white space, bytes, parts of a character.
    pub(crate) signs: bool,
}

/// What stands for a part of a character that is complete further on.
const PART: &str = "·";

/// How many tokens back a new token can change what is shown: a character has at most
/// four bytes.
pub(crate) const REACH: usize = 3;

/// How the tokens from `from` on are shown.
pub(crate) fn spell(tokens: &[&Token], from: usize) -> Vec<Spelled> {
    let start = from.saturating_sub(REACH);
    let mut spelled =
        vec![Spelled { signs: true, ..Spelled::default() }; tokens.len() - start];
    let mut next = 0;
    for run in tokens[start..].chunk_by(|a, b| a.special == b.special) {
        let shown = &mut spelled[next..next + run.len()];
        match run[0].special {
            true => run.iter().zip(shown).for_each(|(token, shown)| {
                *shown = Spelled { text: token.text.clone(), signs: false };
            }),
            false => spell_run(run, shown),
        }
        next += run.len();
    }
    spelled.split_off(from - start)
}

/// Gives each character to the token with its last byte, and each byte that is part of
/// no character to its own token.
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
                .for_each(|part| shown[part[0]].text += PART);
            let blank = tokens[last].bytes.iter().all(u8::is_ascii_whitespace);
            push(&mut shown[last], c, blank);
            at += c.len_utf8();
        }
        for byte in chunk.invalid() {
            shown[owners[at]].text += &display_text(&[*byte]);
            at += 1;
        }
    }
    let empty = shown.iter_mut().filter(|shown| shown.text.is_empty());
    empty.for_each(|shown| shown.text = display_text(b""));
}

/// A space can be seen between other characters, and is marked where it is alone.
fn push(shown: &mut Spelled, c: char, blank: bool) {
    match c {
        ' ' if !blank => shown.text.push(' '),
        '\n' => shown.text += "↵\n",
        c if c.is_whitespace() || c.is_control() => {
            shown.text += &display_text(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        c => {
            shown.text += &display_text(c.encode_utf8(&mut [0; 4]).as_bytes());
            shown.signs = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[&[u8]], expected: &[&str]) {
        let tokens: Vec<Token> =
            parts.iter().map(|bytes| Token::new(0, bytes.to_vec(), false)).collect();
        let tokens: Vec<&Token> = tokens.iter().collect();
        let texts: Vec<String> =
            spell(&tokens, 0).into_iter().map(|spelled| spelled.text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn white_space_inside_of_text_stays_white_and_alone_is_marked() {
        check(&[b"Once", b" upon", b" ", b"\n"], &["Once", " upon", "␣", "↵\n"]);
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
}
