//! The parts of a tokenizer from either kind of file, and their checks.

use std::collections::{HashMap, HashSet};

use protocol::TokenId;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;

use super::TokenizerError;
use super::added::AddedToken;
use super::greedy::{Encoder, Greedy};
use super::spelling::Spelling;
use super::table::TokenTable;

/// The parts of a byte-pair tokenizer, not yet checked.
#[derive(Debug)]
pub(super) struct TokenizerParts {
    /// The tokens of the model in its spelling. Added tokens may be among them.
    pub(super) vocab: Vec<(String, TokenId)>,
    /// Tokens that are never used to encode text.
    pub(super) unused: Vec<(TokenId, Vec<u8>)>,
    /// Whether a text is cut into the longest tokens from its beginning on, without merges.
    pub(super) greedy: bool,
    /// The pairs that are merged, first to last.
    pub(super) merges: Vec<(String, String)>,
    /// The token for characters that the vocabulary does not have.
    pub(super) unknown: Option<String>,
    /// Whether a run of such characters becomes a single unknown token.
    pub(super) fuse_unknown: bool,
    /// Whether such characters are encoded byte by byte if possible.
    pub(super) byte_fallback: bool,
    /// Whether a word that is a token becomes that token, whatever the merges give.
    pub(super) ignore_merges: bool,
    pub(super) added: Vec<AddedToken>,
    pub(super) normalizer: Option<NormalizerWrapper>,
    pub(super) pre_tokenizer: Option<PreTokenizerWrapper>,
    pub(super) spelling: Spelling,
    /// The tokens that every prompt begins with.
    pub(super) leading: Vec<TokenId>,
    /// The token at the beginning of a text.
    pub(super) bos: Option<TokenId>,
    /// The token at the end of a text.
    pub(super) eos: Option<TokenId>,
}

impl TokenizerParts {
    /// A tokenizer that cuts texts into the longest tokens, in Python's spelling of bytes.
    pub(super) fn greedy(
        vocab: Vec<(String, TokenId)>,
        added: Vec<AddedToken>,
        (bos, eos): (Option<TokenId>, Option<TokenId>),
    ) -> TokenizerParts {
        TokenizerParts {
            vocab,
            unused: Vec::new(),
            greedy: true,
            merges: Vec::new(),
            unknown: None,
            fuse_unknown: false,
            byte_fallback: false,
            ignore_merges: false,
            added,
            normalizer: None,
            pre_tokenizer: None,
            spelling: Spelling::Escaped,
            leading: Vec::new(),
            bos,
            eos,
        }
    }

    /// The bytes of every token. Some ids are there twice: the bytes of an added token
    /// come after those that the vocabulary gives it.
    pub(super) fn token_bytes(&self) -> Result<Vec<(TokenId, Vec<u8>)>, TokenizerError> {
        let mut texts: HashMap<TokenId, &str> = HashMap::with_capacity(self.vocab.len());
        let named = self.vocab.iter().map(|(text, id)| (*id, text));
        let added = self.added.iter().map(|token| (token.id, &token.content));
        for (id, text) in named.chain(added) {
            if texts.insert(id, text).is_some_and(|before| before != text) {
                let problem = format!("id {id} belongs to two tokens");
                return Err(TokenizerError::Inconsistent(problem));
            }
        }
        let named = self.vocab.iter().map(|(text, id)| (*id, self.spelling.bytes(text)));
        let added = self.added.iter().map(|token| {
            // SentencePiece spells user-defined pieces like all others.
            let spelled = matches!(self.spelling, Spelling::SentencePiece { .. });
            let spelling = match spelled && !token.special {
                true => self.spelling,
                false => Spelling::Literal,
            };
            (token.id, spelling.bytes(&token.content))
        });
        Ok(named.chain(self.unused.iter().cloned()).chain(added).collect())
    }

    /// What cuts texts into tokens, whose bytes are in the table.
    pub(super) fn encoder(
        &mut self,
        table: &TokenTable,
    ) -> Result<Encoder, TokenizerError> {
        if !self.greedy {
            return Ok(Encoder::Merges(Box::new(self.model()?)));
        }
        let not_text: HashSet<TokenId> = self
            .unused
            .iter()
            .map(|(id, _)| *id)
            .chain(self.added.iter().filter(|token| token.special).map(|token| token.id))
            .collect();
        Ok(Encoder::Greedy(Greedy::new(table, |id| !not_text.contains(&id))?))
    }

    /// Builds the model. Its builder panics on merges that are longer than all tokens,
    /// which are refused here. The model can produce no control token from text, except
    /// those of one character and the unknown token.
    fn model(&mut self) -> Result<BPE, TokenizerError> {
        let control: HashSet<&str> = self
            .added
            .iter()
            .filter(|token| {
                token.special && Some(&token.content) != self.unknown.as_ref()
            })
            .map(|token| token.content.as_str())
            .filter(|content| content.chars().nth(1).is_some())
            .collect();
        let size = self.vocab.len();
        let vocab: Vocab = std::mem::take(&mut self.vocab).into_iter().collect();
        if vocab.len() != size {
            return Err(TokenizerError::inconsistent(
                "a token is in its vocabulary twice",
            ));
        }
        let mut merges = Vec::with_capacity(self.merges.len());
        for (left, right) in std::mem::take(&mut self.merges) {
            let merged = format!("{left}{right}");
            let parts = [&left, &right, &merged];
            if let Some(part) = parts.iter().find(|part| !vocab.contains_key(**part)) {
                return Err(TokenizerError::Inconsistent(format!(
                    "its merges need {part:?}, which is not in its vocabulary"
                )));
            }
            if !parts.iter().any(|part| control.contains(part.as_str())) {
                merges.push((left, right));
            }
        }
        let vocab =
            vocab.into_iter().filter(|(text, _)| !control.contains(text.as_str()));
        let vocab: Vocab = vocab.collect();
        let unknown = self.unknown.take().filter(|text| vocab.contains_key(text));
        let mut builder = BPE::builder()
            .vocab_and_merges(vocab, merges)
            // The library's cache is per thread and outlives the tokenizer.
            .cache_capacity(0)
            .fuse_unk(self.fuse_unknown)
            .byte_fallback(self.byte_fallback)
            .ignore_merges(self.ignore_merges);
        if let Some(unknown) = unknown {
            builder = builder.unk_token(unknown);
        }
        Ok(builder.build()?)
    }
}
