//! Reads the vocabulary of RWKV's models, `rwkv_vocab_v20230424.txt`: in each line an id, a
//! token as Python writes texts or bytes, and its length in bytes.

use protocol::TokenId;

use super::TokenizerError;
use super::added::AddedToken;
use super::parts::TokenizerParts;
use super::table::MAX_TOKENS;

/// The token that ends a text, which is in no line.
const END: (&str, TokenId) = ("<|rwkv_tokenizer_end_of_text|>", 0);

/// Whether a file is such a vocabulary.
pub(super) fn is_vocabulary(file: &[u8]) -> bool {
    file.first().is_some_and(u8::is_ascii_digit)
}

/// Reads the whole vocabulary.
///
/// # Errors
/// If a line is no token.
pub(super) fn parts(file: &[u8]) -> Result<TokenizerParts, TokenizerError> {
    let text = std::str::from_utf8(file)
        .map_err(|_| TokenizerError::inconsistent("its vocabulary is no text"))?;
    let mut vocab = Vec::new();
    // Separators other than the line feed may be within a token.
    for (number, line) in text.split('\n').enumerate() {
        if line.trim_end_matches('\r').is_empty() {
            continue;
        }
        let token = token(line.trim_end_matches('\r')).ok_or_else(|| {
            let line = number + 1;
            TokenizerError::Inconsistent(format!(
                "line {line} of its vocabulary is no token"
            ))
        })?;
        if vocab.len() == MAX_TOKENS {
            return Err(TokenizerError::inconsistent(
                "it has more tokens than any other",
            ));
        }
        vocab.push(token);
    }
    let (content, id) = END;
    let end = AddedToken {
        id,
        content: content.to_owned(),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
    };
    Ok(TokenizerParts::greedy(vocab, vec![end], (Some(id), Some(id))))
}

/// The token of a line, in Python's spelling of bytes, and its id.
fn token(line: &str) -> Option<(String, TokenId)> {
    let (id, rest) = line.split_once(' ')?;
    let (literal, length) = rest.rsplit_once(' ')?;
    let bytes = literal_bytes(literal)?;
    let length: usize = length.parse().ok()?;
    (bytes.len() == length).then_some(())?;
    Some((spelled(&bytes), id.parse().ok()?))
}

/// The bytes of a literal of Python's, of a text or of bytes.
fn literal_bytes(literal: &str) -> Option<Vec<u8>> {
    let (is_text, quoted) = match literal.strip_prefix('b') {
        Some(quoted) => (false, quoted),
        None => (true, literal),
    };
    let quote = quoted.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let inner = quoted.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let mut push = |character: char| {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        };
        if character != '\\' {
            push(character);
            continue;
        }
        let digits = match characters.next()? {
            'n' => {
                push('\n');
                continue;
            }
            'r' => {
                push('\r');
                continue;
            }
            't' => {
                push('\t');
                continue;
            }
            'x' => 2,
            'u' if is_text => 4,
            'U' if is_text => 8,
            same @ ('\\' | '\'' | '"') => {
                push(same);
                continue;
            }
            _ => return None,
        };
        let rest = characters.as_str();
        let number = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
        characters = rest[digits..].chars();
        match is_text {
            true => push(char::from_u32(number)?),
            false => bytes.push(u8::try_from(number).ok()?),
        }
    }
    Some(bytes)
}

/// Bytes as GGUF files have them.
fn spelled(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => text.push_str(r"\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}
