//! Readable views of a token's bytes: white space becomes visible, and bytes that are no
//! character are named.

/// A stretch of a token's readable form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters shown as they are.
    Text(String),
    /// A sign for white space or for an empty token: `␣`, `↵`, `⇥`, `∅`.
    Mark(&'static str),
    /// A byte or character that cannot be shown: `<0xE2>`, `<U+200B>`.
    Byte(String),
}

impl Piece {
    /// The characters of the piece.
    pub fn as_str(&self) -> &str {
        match self {
            Piece::Text(text) | Piece::Byte(text) => text,
            Piece::Mark(mark) => mark,
        }
    }
}

/// Splits a token's bytes into what can be read and what must be marked. Never empty.
pub fn display_pieces(bytes: &[u8]) -> Vec<Piece> {
    if bytes.is_empty() {
        return vec![Piece::Mark("∅")];
    }
    let mut pieces = Vec::new();
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_char(&mut pieces, c));
        pieces
            .extend(chunk.invalid().iter().map(|b| Piece::Byte(format!("<0x{b:02X}>"))));
    }
    pieces
}

/// The pieces of [`display_pieces`] in one string.
pub fn display_text(bytes: &[u8]) -> String {
    display_pieces(bytes).iter().map(Piece::as_str).collect()
}

fn push_char(pieces: &mut Vec<Piece>, c: char) {
    let piece = match c {
        ' ' => Piece::Mark("␣"),
        '\n' => Piece::Mark("↵"),
        '\t' => Piece::Mark("⇥"),
        c if unseen(c) => Piece::Byte(format!("<U+{:04X}>", u32::from(c))),
        c => {
            if let Some(Piece::Text(text)) = pieces.last_mut() {
                text.push(c);
                return;
            }
            Piece::Text(c.to_string())
        }
    };
    pieces.push(piece);
}

/// Controls, other white space, and the characters that draw nothing or turn the
/// direction of the text around them (Unicode, general categories Cc, Zs, Cf).
fn unseen(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_marked_and_text_is_kept_whole() {
        assert_eq!(
            display_pieces(b" the cat\n"),
            [
                Piece::Mark("␣"),
                Piece::Text("the".into()),
                Piece::Mark("␣"),
                Piece::Text("cat".into()),
                Piece::Mark("↵"),
            ]
        );
    }

    #[test]
    fn part_of_a_character_is_named_byte_by_byte() {
        assert_eq!(display_text(&"é".as_bytes()[..1]), "<0xC3>");
        assert_eq!(display_text(b"a\xE2\x98"), "a<0xE2><0x98>");
    }

    #[test]
    fn nothing_is_shown_as_the_empty_sign() {
        assert_eq!(display_text(b""), "∅");
    }

    #[test]
    fn characters_that_draw_nothing_or_turn_the_text_are_named() {
        assert_eq!(
            display_text("\u{202E}a\u{200B}\r".as_bytes()),
            "<U+202E>a<U+200B><U+000D>"
        );
    }
}
