//! Reads the tokenizer in a GGUF file's metadata.
//!
//! Source of the keys: ggml's `docs/gguf.md`; of what files leave out: llama.cpp's
//! `llama-vocab.cpp`.

use protocol::TokenId;
use tokenizers::normalizers::{NFC, NormalizerWrapper, Prepend, Replace, Sequence};

use super::TokenizerError;
use super::added::AddedToken;
use super::parts::TokenizerParts;
use super::pre_tokenizer::{PreKind, pre_tokenizer};
use super::sentence_piece::{Piece, merges_from_scores};
use super::spelling::Spelling;
use super::table::MAX_TOKENS;
use model_files::gguf::{Gguf, Strings};

/// llama.cpp's `llama_token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenType {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl TokenType {
    fn from_code(code: i64) -> TokenType {
        match code {
            2 => TokenType::Unknown,
            3 => TokenType::Control,
            4 => TokenType::UserDefined,
            5 => TokenType::Unused,
            6 => TokenType::Byte,
            _ => TokenType::Normal,
        }
    }
}

/// Reads the whole tokenizer.
///
/// # Errors
/// If it is incomplete, contradicts itself, or is of a kind that is not supported.
pub(super) fn parts(gguf: &Gguf) -> Result<TokenizerParts, TokenizerError> {
    let tokens = gguf.strings("tokenizer.ggml.tokens")?;
    if tokens.len() > MAX_TOKENS {
        return Err(TokenizerError::inconsistent("it has more tokens than any other"));
    }
    let types = token_types(gguf, tokens.len())?;
    match gguf.string("tokenizer.ggml.model")? {
        "gpt2" => byte_level(gguf, tokens, &types),
        "llama" => sentence_piece(gguf, tokens, &types),
        "rwkv" => Ok(world(gguf, tokens, &types)),
        kind => Err(TokenizerError::Unsupported { part: "model", kind: kind.to_owned() }),
    }
}

/// A byte-level tokenizer, such as GPT-2's.
fn byte_level(
    gguf: &Gguf,
    tokens: &Strings,
    types: &[TokenType],
) -> Result<TokenizerParts, TokenizerError> {
    // llama.cpp's default, with a warning, for older files without the key.
    let name = gguf.string("tokenizer.ggml.pre").unwrap_or("default");
    let kind = PreKind::from_name(name).ok_or_else(|| TokenizerError::Unsupported {
        part: "pre-tokenizer",
        kind: name.to_owned(),
    })?;
    let sorted = SortedTokens::new(tokens, types);
    let merges = gguf.strings("tokenizer.ggml.merges")?.iter().map(merge);
    let bos = id(gguf, "bos");
    let add_bos = gguf.bool("tokenizer.ggml.add_bos_token").unwrap_or(kind.adds_bos());
    Ok(TokenizerParts {
        greedy: false,
        vocab: sorted.vocab,
        unused: sorted.unused,
        merges: merges.collect::<Result<_, _>>()?,
        unknown: None,
        fuse_unknown: false,
        byte_fallback: false,
        ignore_merges: kind.ignores_merges(),
        added: sorted.added,
        normalizer: kind.composes().then_some(NormalizerWrapper::NFC(NFC)),
        pre_tokenizer: Some(pre_tokenizer(kind)?),
        spelling: Spelling::ByteLevel,
        leading: bos.filter(|_| add_bos).into_iter().collect(),
        bos,
        eos: id(gguf, "eos"),
    })
}

/// A byte-pair tokenizer of SentencePiece, such as Llama 2's.
fn sentence_piece(
    gguf: &Gguf,
    tokens: &Strings,
    types: &[TokenType],
) -> Result<TokenizerParts, TokenizerError> {
    const BOS: TokenId = 1;
    const EOS: TokenId = 2;
    let scores: Vec<f64> = gguf.numbers("tokenizer.ggml.scores")?.floats().collect();
    if scores.len() != tokens.len() || scores.iter().any(|score| score.is_nan()) {
        return Err(TokenizerError::inconsistent("its scores do not fit its tokens"));
    }
    let sorted = SortedTokens::new(tokens, types);
    let normal = sorted.vocab.iter().filter(|(_, id)| {
        types.get(*id as usize).is_some_and(|kind| *kind == TokenType::Normal)
    });
    let pieces =
        normal.map(|(text, id)| Piece { text, id: *id, score: scores[*id as usize] });
    let merges = merges_from_scores(&pieces.collect::<Vec<_>>());

    // As in the converter of transformers, at the start and after each added token.
    let spaces = Replace::new(" ", "▁")?;
    let mut normalizers = vec![NormalizerWrapper::Replace(spaces)];
    if gguf.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true) {
        normalizers.insert(0, NormalizerWrapper::Prepend(Prepend::new("▁".into())));
    }
    let position = |kind| types.iter().position(|other| *other == kind);
    let unknown = position(TokenType::Unknown).and_then(|id| tokens.get(id));
    let bos = id(gguf, "bos").or(Some(BOS));
    let add_bos = gguf.bool("tokenizer.ggml.add_bos_token").unwrap_or(true);
    Ok(TokenizerParts {
        greedy: false,
        vocab: sorted.vocab,
        unused: sorted.unused,
        merges,
        unknown: unknown.and_then(|text| String::from_utf8(text.to_vec()).ok()),
        fuse_unknown: true,
        byte_fallback: position(TokenType::Byte).is_some(),
        ignore_merges: false,
        added: sorted.added,
        normalizer: Some(NormalizerWrapper::Sequence(Sequence::new(normalizers))),
        pre_tokenizer: None,
        spelling: Spelling::SentencePiece { space: '▁' },
        leading: bos.filter(|_| add_bos).into_iter().collect(),
        bos,
        eos: id(gguf, "eos").or(Some(EOS)),
    })
}

/// RWKV's, whose texts begin with no token of their own.
fn world(gguf: &Gguf, tokens: &Strings, types: &[TokenType]) -> TokenizerParts {
    let sorted = SortedTokens::new(tokens, types);
    let ends = (id(gguf, "bos"), id(gguf, "eos"));
    TokenizerParts {
        unused: sorted.unused,
        ..TokenizerParts::greedy(sorted.vocab, sorted.added, ends)
    }
}

/// The file's tokens, sorted by their use.
struct SortedTokens {
    vocab: Vec<(String, TokenId)>,
    added: Vec<AddedToken>,
    unused: Vec<(TokenId, Vec<u8>)>,
}

impl SortedTokens {
    fn new(tokens: &Strings, types: &[TokenType]) -> SortedTokens {
        let (mut vocab, mut added, mut unused) = (Vec::new(), Vec::new(), Vec::new());
        for (id, (bytes, kind)) in (0..).zip(tokens.iter().zip(types)) {
            // Text is encoded only with tokens that have a text.
            let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty());
            let Some(text) = text.filter(|_| *kind != TokenType::Unused) else {
                unused.push((id, bytes.to_vec()));
                continue;
            };
            let special = matches!(kind, TokenType::Control | TokenType::Unknown);
            if special || *kind == TokenType::UserDefined {
                added.push(AddedToken {
                    id,
                    content: text.to_owned(),
                    single_word: false,
                    lstrip: false,
                    rstrip: false,
                    normalized: false,
                    special,
                });
            }
            // Merges may name added tokens; `TokenizerParts::model` removes those that
            // must not come from text.
            vocab.push((text.to_owned(), id));
        }
        SortedTokens { vocab, added, unused }
    }
}

fn token_types(gguf: &Gguf, count: usize) -> Result<Vec<TokenType>, TokenizerError> {
    const KEY: &str = "tokenizer.ggml.token_type";
    if gguf.get(KEY).is_none() {
        return Ok(vec![TokenType::Normal; count]);
    }
    let codes = gguf.numbers(KEY)?;
    if codes.len() != count {
        return Err(TokenizerError::inconsistent(
            "its token types do not fit its tokens",
        ));
    }
    Ok(codes
        .integers()
        .map(|code| TokenType::from_code(code.unwrap_or_default()))
        .collect())
}

/// A merge, written as two tokens separated by a space. The first may begin with a space.
fn merge(bytes: &[u8]) -> Result<(String, String), TokenizerError> {
    let text = String::from_utf8_lossy(bytes);
    let space = text.char_indices().skip(1).find(|(_, c)| *c == ' ');
    let (at, _) = space.ok_or_else(|| {
        TokenizerError::Inconsistent(format!("the merge {text:?} is not a pair"))
    })?;
    Ok((text[..at].to_owned(), text[at + 1..].to_owned()))
}

fn id(gguf: &Gguf, name: &str) -> Option<TokenId> {
    let id = gguf.usize(&format!("tokenizer.ggml.{name}_token_id")).ok()?;
    TokenId::try_from(id).ok()
}
