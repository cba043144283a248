//! The spelling of a token's bytes as text in a vocabulary.

/// The spelling of a vocabulary's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// GPT-2's alphabet: one visible character for each byte.
    ByteLevel,
    /// SentencePiece's: a visible character for a space, `<0xE2>` for a single byte.
    SentencePiece {
        /// The character for a space, usually `▁`.
        space: char,
    },
    /// Python's of bytes: `\n`, `\xe2`, a backslash before a backslash.
    Escaped,
    /// The text itself.
    Literal,
}

impl Spelling {
    /// The bytes that a token adds to the text.
    pub(super) fn bytes(self, token: &str) -> Vec<u8> {
        match self {
            // A token with characters outside of the alphabet is literal.
            Spelling::ByteLevel => token
                .chars()
                .map(byte_of)
                .collect::<Option<Vec<u8>>>()
                .unwrap_or_else(|| token.as_bytes().to_vec()),
            Spelling::SentencePiece { space } => match single_byte(token) {
                Some(byte) => vec![byte],
                None => token.replace(space, " ").into_bytes(),
            },
            Spelling::Escaped => unescaped(token),
            Spelling::Literal => token.as_bytes().to_vec(),
        }
    }
}

/// The byte that a character of GPT-2's alphabet stands for.
///
/// Visible characters of Latin-1 stand for their own byte; the other 68 bytes, in order,
/// are the characters from U+0100 on (`bytes_to_unicode` in GPT-2's `encoder.py`).
fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    let byte = match code {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => code,
        0x100..=0x120 => code - 0x100,
        0x121..=0x142 => code - 0x121 + 0x7F,
        0x143 => 0xAD,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

/// The bytes of a token in Python's spelling. What is no escape stays as it is.
fn unescaped(token: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token;
    while let Some((plain, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let hex = after.strip_prefix('x').and_then(|digits| digits.get(..2));
        let hex = hex.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let named = after.chars().next();
        rest = match (hex.map(|digits| u8::from_str_radix(digits, 16)), named) {
            (Some(Ok(byte)), _) => {
                bytes.push(byte);
                &after[3..]
            }
            (_, Some(name)) => {
                let character = match name {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                };
                let mut utf8 = [0; 4];
                bytes.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
                &after[name.len_utf8()..]
            }
            (_, None) => {
                bytes.push(b'\\');
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The byte of a token such as `<0xE2>`.
fn single_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    match digits.as_bytes() {
        [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
            u8::from_str_radix(digits, 16).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_one_character_for_each_byte() {
        let bytes: std::collections::BTreeSet<u8> =
            (0..0x200).filter_map(char::from_u32).filter_map(byte_of).collect();
        assert_eq!(bytes.len(), 256);
        assert_eq!(
            (0..0x200).filter_map(char::from_u32).filter_map(byte_of).count(),
            256
        );
        assert_eq!(Spelling::ByteLevel.bytes("ĠtheĊ"), b" the\n");
        assert_eq!(Spelling::ByteLevel.bytes("ðŁĺ"), b"\xF0\x9F\x98");
        assert_eq!(Spelling::ByteLevel.bytes("two words"), b"two words");
    }

    #[test]
    fn escapes_are_bytes_and_all_else_stays() {
        for (token, bytes) in [
            (r"\n\t\r", b"\n\t\r" as &[u8]),
            (r"\xe2\x80", b"\xE2\x80"),
            (r"\\n", br"\n"),
            (r"\'", b"'"),
            ("<s>", b"<s>"),
            (r"\xz", b"xz"),
            (r"\x+1", b"x+1"),
            (r"a\", br"a\"),
            ("\\é\\xé", "éxé".as_bytes()),
        ] {
            assert_eq!(Spelling::Escaped.bytes(token), bytes, "{token}");
        }
    }

    #[test]
    fn pieces_have_spaces_and_single_bytes() {
        let spelling = Spelling::SentencePiece { space: '▁' };
        assert_eq!(spelling.bytes("▁a▁b"), b" a b");
        assert_eq!(spelling.bytes("<0xE2>"), b"\xE2");
        for token in ["<0xE2", "<0x+1>", "<0xE2E2>", "<0x>"] {
            assert_eq!(spelling.bytes(token), token.as_bytes());
        }
    }
}
