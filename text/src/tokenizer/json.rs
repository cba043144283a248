//! Reads `tokenizer.json`, the format of the `tokenizers` crate.
//!
//! The model is parsed here, because that crate's parser copies the file several times
//! and panics on some damage. Normalizers and pre-tokenizers are parsed by that crate
//! after their kinds were checked.

use std::fmt;

use protocol::TokenId;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::TokenizerError;
use super::added::AddedToken;
use super::parts::TokenizerParts;
use super::post_processor::{kind, leading_tokens};
use super::spelling::Spelling;

/// The supported normalizers. `Precompiled` is missing, because its tables may make the
/// library panic, and so is BERT's, which no model of the supported families has.
const NORMALIZERS: [&str; 12] = [
    "Sequence",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "Lowercase",
    "Strip",
    "StripAccents",
    "Nmt",
    "Replace",
    "Prepend",
    "ByteLevel",
];

/// The supported pre-tokenizers.
const PRE_TOKENIZERS: [&str; 9] = [
    "Sequence",
    "ByteLevel",
    "Split",
    "Digits",
    "Punctuation",
    "Whitespace",
    "WhitespaceSplit",
    "Metaspace",
    "UnicodeScripts",
];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    vocab: Vocab,
    merges: Option<Vec<Merge>>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    fuse_unk: Option<bool>,
    byte_fallback: Option<bool>,
    ignore_merges: Option<bool>,
}

/// Reads the whole file.
///
/// # Errors
/// If it is damaged or of a kind that is not supported.
pub(super) fn parts(json: &[u8]) -> Result<TokenizerParts, TokenizerError> {
    let file: File = serde_json::from_slice(json)?;
    let model = file.model;
    let unsupported = |part, kind: &str| {
        Err(TokenizerError::Unsupported { part, kind: kind.to_owned() })
    };
    // Older files without the field have byte-pair models if they have merges.
    match (model.kind.as_deref(), &model.merges) {
        (Some("BPE") | None, Some(_)) => (),
        (Some("BPE"), None) => {
            return Err(TokenizerError::inconsistent("it has no merges"));
        }
        (kind, _) => return unsupported("model", kind.unwrap_or("without a type")),
    }
    for affix in [&model.continuing_subword_prefix, &model.end_of_word_suffix] {
        if let Some(affix) = affix.as_deref().filter(|affix| !affix.is_empty()) {
            return unsupported("affix", affix);
        }
    }
    check_kinds(&file.normalizer, "normalizer", "normalizers", &NORMALIZERS)?;
    check_kinds(&file.pre_tokenizer, "pre-tokenizer", "pretokenizers", &PRE_TOKENIZERS)?;
    let leading = match &file.post_processor {
        Value::Null => Vec::new(),
        processor => leading_tokens(processor)?,
    };
    let spelling = spelling(&[&file.decoder, &file.pre_tokenizer, &file.normalizer]);
    Ok(TokenizerParts {
        greedy: false,
        vocab: model.vocab.0,
        unused: Vec::new(),
        merges: model
            .merges
            .unwrap_or_default()
            .into_iter()
            .map(|m| (m.0, m.1))
            .collect(),
        unknown: model.unk_token,
        fuse_unknown: model.fuse_unk.unwrap_or_default(),
        byte_fallback: model.byte_fallback.unwrap_or_default(),
        ignore_merges: model.ignore_merges.unwrap_or_default(),
        added: file.added_tokens,
        normalizer: serde_json::from_value(file.normalizer)?,
        pre_tokenizer: serde_json::from_value(file.pre_tokenizer)?,
        spelling,
        leading,
        bos: None,
        eos: None,
    })
}

/// Refuses parts whose kind is not in `known`, also inside of sequences.
fn check_kinds(
    part: &Value,
    name: &'static str,
    list: &str,
    known: &[&str],
) -> Result<(), TokenizerError> {
    if part.is_null() {
        return Ok(());
    }
    let kind = kind(part);
    if !known.contains(&kind) {
        return Err(TokenizerError::Unsupported { part: name, kind: kind.to_owned() });
    }
    let inner = part[list].as_array();
    inner.into_iter().flatten().try_for_each(|part| check_kinds(part, name, list, known))
}

/// The spelling of the vocabulary, which the parts that convert text to it or back
/// reveal.
fn spelling(parts: &[&Value]) -> Spelling {
    let mut spelling = Spelling::Literal;
    for part in parts.iter().flat_map(|part| flattened(part)) {
        match kind(part) {
            "ByteLevel" => return Spelling::ByteLevel,
            "Metaspace" => {
                let space =
                    part["replacement"].as_str().and_then(|text| text.chars().next());
                spelling = Spelling::SentencePiece { space: space.unwrap_or('▁') };
            }
            // A replacement of " " by "▁" or of "▁" by " ".
            "Replace" => {
                let sides = [&part["pattern"]["String"], &part["content"]];
                if sides.iter().any(|side| *side == "▁")
                    && sides.iter().any(|s| *s == " ")
                {
                    spelling = Spelling::SentencePiece { space: '▁' };
                }
            }
            _ => (),
        }
    }
    spelling
}

/// A part, or all parts in it if it is a sequence.
fn flattened(part: &Value) -> Vec<&Value> {
    let lists = ["normalizers", "pretokenizers", "decoders"];
    match lists.iter().find_map(|list| part[list].as_array()) {
        Some(parts) => parts.iter().flat_map(flattened).collect(),
        None => vec![part],
    }
}

/// A vocabulary as a map of tokens to ids. Lists, which other kinds of models have, are
/// skipped, so that the error can name the kind.
#[derive(Default)]
struct Vocab(Vec<(String, TokenId)>);

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vocab;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a map of tokens to ids")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocab, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Vocab(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Vocab, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Vocab::default())
            }
        }
        deserializer.deserialize_any(Entries)
    }
}

/// A pair of tokens, written `["a", "b"]` or `"a b"`.
struct Merge(String, String);

impl<'de> Deserialize<'de> for Merge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = Merge;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a pair of tokens")
            }

            fn visit_str<E: Error>(self, pair: &str) -> Result<Merge, E> {
                match pair.split_once(' ') {
                    Some((a, b)) if !b.contains(' ') => Ok(Merge(a.into(), b.into())),
                    _ => Err(E::custom(format!("the merge {pair:?} is not a pair"))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut pair: A,
            ) -> Result<Merge, A::Error> {
                let (a, b) = (pair.next_element()?, pair.next_element()?);
                match (a, b, pair.next_element::<IgnoredAny>()?) {
                    (Some(a), Some(b), None) => Ok(Merge(a, b)),
                    _ => Err(A::Error::custom("a merge is not a pair")),
                }
            }
        }
        deserializer.deserialize_any(Pair)
    }
}
