//! Converts text to token ids, and token ids to bytes.
//!
//! Tokenizers are byte-pair encoders from a `tokenizer.json` or a GGUF file, or RWKV's, which
//! takes the longest token at each place. The `tokenizers` crate normalizes text, splits it into words and merges; this module
//! decides which text may become a control token, and stores every token's bytes.

mod added;
mod encode;
mod ends;
mod error;
mod gguf;
mod greedy;
mod json;
mod later_text;
mod normalize;
mod parts;
mod post_processor;
mod pre_tokenizer;
mod sentence_piece;
mod spelling;
mod table;
mod world;

use std::collections::{HashMap, HashSet};
use std::fmt;

use protocol::{Token, TokenId, TokenizeOptions};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;

pub use error::TokenizerError;

use crate::rendered::Rendered;
use added::{ControlTokens, Finder};
use greedy::Encoder;
use model_files::gguf::Gguf;
use normalize::normalize;
use parts::TokenizerParts;
use table::TokenTable;

/// A model's tokenizer.
///
/// The bytes of the tokens of a text, joined, are the text again, apart from what the
/// model's own normalizer changes and from characters that its vocabulary lacks. Where
/// [`adds_leading_space`](Self::adds_leading_space), they are the text with one space
/// before it. White space that an added token takes with it (`lstrip`, `rstrip`) is lost.
///
/// ```
/// use text::tokenizer::Tokenizer;
///
/// let tokenizer = Tokenizer::from_json(
///     br#"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2},
///         "merges": ["a b"]}, "added_tokens": []}"#,
/// )?;
/// let ids = tokenizer.encode_prompt("abb")?;
/// assert_eq!(ids, [2, 1]);
/// assert_eq!(tokenizer.bytes(2), b"ab");
/// # Ok::<(), text::tokenizer::TokenizerError>(())
/// ```
pub struct Tokenizer {
    encoder: Encoder,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    /// For text that follows added tokens in the same text.
    later_pre_tokenizer: Option<PreTokenizerWrapper>,
    /// For text that continues another.
    continuing_normalizer: Option<NormalizerWrapper>,
    continuing_pre_tokenizer: Option<PreTokenizerWrapper>,
    /// Finds added tokens in the text as it is.
    verbatim: Finder,
    /// Finds added tokens in the normalized text.
    normalized: Finder,
    /// The ids of added tokens by their text.
    added: HashMap<String, TokenId>,
    special: HashSet<TokenId>,
    special_tokens: Vec<String>,
    /// The tokens that every prompt begins with.
    leading: Vec<TokenId>,
    table: TokenTable,
    adds_leading_space: bool,
    bos: Option<TokenId>,
    eos: Option<TokenId>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// If it is damaged or of a kind that is not supported.
    pub fn from_json(json: &[u8]) -> Result<Tokenizer, TokenizerError> {
        Tokenizer::from_parts(json::parts(json)?)
    }

    /// Reads a tokenizer's file: a `tokenizer.json`, or the list of tokens that RWKV's models
    /// have instead (`rwkv_vocab_v20230424.txt`).
    ///
    /// # Errors
    /// If it is damaged or of a kind that is not supported.
    pub fn from_file(file: &[u8]) -> Result<Tokenizer, TokenizerError> {
        match world::is_vocabulary(file) {
            true => Tokenizer::from_parts(world::parts(file)?),
            false => Tokenizer::from_json(file),
        }
    }

    /// Reads the tokenizer in a GGUF file's metadata.
    ///
    /// # Errors
    /// If it is incomplete, contradicts itself, or is of a kind that is not supported.
    pub fn from_gguf(gguf: &Gguf) -> Result<Tokenizer, TokenizerError> {
        Tokenizer::from_parts(gguf::parts(gguf)?)
    }

    fn from_parts(mut parts: TokenizerParts) -> Result<Tokenizer, TokenizerError> {
        let table = TokenTable::new(parts.token_bytes()?)?;
        if let Some(id) = parts.leading.iter().find(|id| **id as usize >= table.len()) {
            let problem =
                format!("every text begins with token {id}, which does not exist");
            return Err(TokenizerError::Inconsistent(problem));
        }
        let encoder = parts.encoder(&table)?;
        let special = parts.added.iter().filter(|token| token.special);
        let mut tokenizer = Tokenizer {
            special: special.clone().map(|token| token.id).collect(),
            special_tokens: special.map(|token| token.content.clone()).collect(),
            added: parts.added.iter().map(|t| (t.content.clone(), t.id)).collect(),
            encoder,
            later_pre_tokenizer: parts
                .pre_tokenizer
                .clone()
                .map(later_text::after_added_tokens),
            continuing_normalizer: parts
                .normalizer
                .clone()
                .and_then(later_text::normalizer_of_continuation),
            continuing_pre_tokenizer: parts
                .pre_tokenizer
                .clone()
                .map(later_text::of_continuation),
            pre_tokenizer: parts.pre_tokenizer,
            normalizer: parts.normalizer,
            verbatim: Finder::default(),
            normalized: Finder::default(),
            leading: parts.leading,
            adds_leading_space: false,
            bos: parts.bos.filter(|id| (*id as usize) < table.len()),
            eos: parts.eos.filter(|id| (*id as usize) < table.len()),
            table,
        };
        let (mut verbatim, mut normalized) = (Vec::new(), Vec::new());
        for token in parts.added {
            match token.normalized {
                true => normalized
                    .push((normalize(&tokenizer.normalizer, &token.content)?, token)),
                false => verbatim.push((token.content.clone(), token)),
            }
        }
        tokenizer.verbatim = Finder::new(verbatim);
        tokenizer.normalized = Finder::new(normalized);
        let probe = tokenizer.encode("a", ControlTokens::Text, None, false)?;
        tokenizer.adds_leading_space =
            probe.first().is_some_and(|id| tokenizer.bytes(*id).starts_with(b" "));
        Ok(tokenizer)
    }

    /// The ids of a prompt, with leading tokens. Text of control tokens stays text.
    ///
    /// # Errors
    /// If the tokenizer cannot encode the text.
    pub fn encode_prompt(&self, text: &str) -> Result<Vec<TokenId>, TokenizerError> {
        self.encode_text(text, TokenizeOptions::default())
    }

    /// The ids of a text, as the options have it.
    ///
    /// # Errors
    /// If the tokenizer cannot encode the text.
    pub fn encode_text(
        &self,
        text: &str,
        options: TokenizeOptions,
    ) -> Result<Vec<TokenId>, TokenizerError> {
        let control = match options.special_tokens {
            true => ControlTokens::Parsed,
            false => ControlTokens::Text,
        };
        let mut ids = match options.continuation {
            true => Vec::new(),
            false => self.leading.clone(),
        };
        ids.extend(self.encode(text, control, None, options.continuation)?);
        Ok(ids)
    }

    /// The ids of a rendered conversation, without leading tokens. Only control tokens
    /// that the template wrote become tokens; those in messages stay text.
    ///
    /// # Errors
    /// If the tokenizer cannot encode the text.
    pub fn encode_rendered(
        &self,
        rendered: &Rendered,
    ) -> Result<Vec<TokenId>, TokenizerError> {
        self.encode(rendered.marked(), ControlTokens::Parsed, rendered.marker(), false)
    }

    /// The token of an id; `None` if there is no such token.
    pub fn token(&self, id: TokenId) -> Option<Token> {
        let bytes = self.bytes(id);
        let special = self.special.contains(&id);
        (!bytes.is_empty()).then(|| Token::new(id, bytes.to_vec(), special))
    }

    /// The bytes that a token adds to the text, maybe a part of a character; the name of
    /// a control token; empty if there is no such token.
    pub fn bytes(&self, id: TokenId) -> &[u8] {
        self.table.get(id)
    }

    /// The id of a token in the vocabulary's spelling; `None` if it does not exist.
    pub fn token_to_id(&self, token: &str) -> Option<TokenId> {
        let added = self.added.get(token).copied();
        added.or_else(|| self.encoder.token_to_id(&self.table, token))
    }

    /// The highest id plus one.
    pub fn vocab_size(&self) -> usize {
        self.table.len()
    }

    /// The texts of the control tokens.
    pub fn special_tokens(&self) -> &[String] {
        &self.special_tokens
    }

    /// The text of the token that begins a text, if the file names it (GGUF does).
    pub fn bos_token(&self) -> Option<&str> {
        self.bos.and_then(|id| std::str::from_utf8(self.bytes(id)).ok())
    }

    /// The text of the token that ends a text, if the file names it (GGUF does).
    pub fn eos_token(&self) -> Option<&str> {
        self.eos.and_then(|id| std::str::from_utf8(self.bytes(id)).ok())
    }

    /// Whether a space is added before a text.
    pub fn adds_leading_space(&self) -> bool {
        self.adds_leading_space
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter
            .debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size())
            .field("special_tokens", &self.special_tokens)
            .field("leading", &self.leading)
            .finish_non_exhaustive()
    }
}
