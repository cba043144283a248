//! What a tokenizer is made of, whichever file it came from, and the checks that all of
//! it must pass.

use std::collections::{HashMap, HashSet};

use protocol::TokenId;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;

use super::TokenizerError;
use super::added::AddedToken;
use super::spelling::Spelling;

/// The parts of a byte-pair tokenizer, not yet checked.
#[derive(Debug)]
pub(super) struct TokenizerParts {
    /// The tokens of the model, as it spells them. Added tokens may be among them.
    pub(super) vocab: Vec<(String, TokenId)>,
    /// Tokens that no text is encoded with.
    pub(super) unused: Vec<(TokenId, Vec<u8>)>,
    /// The pairs that are merged, first to last.
    pub(super) merges: Vec<(String, String)>,
    /// What stands for characters that the vocabulary does not have.
    pub(super) unknown: Option<String>,
    /// Whether one unknown token stands for a run of such characters.
    pub(super) fuse_unknown: bool,
    /// Whether such characters are spelled as lone bytes if possible.
    pub(super) byte_fallback: bool,
    /// Whether a word that is a token becomes it, whatever the merges would give.
    pub(super) ignore_merges: bool,
    pub(super) added: Vec<AddedToken>,
    pub(super) normalizer: Option<NormalizerWrapper>,
    pub(super) pre_tokenizer: Option<PreTokenizerWrapper>,
    pub(super) spelling: Spelling,
    /// What every prompt begins with.
    pub(super) leading: Vec<TokenId>,
    /// The token at the beginning of a text.
    pub(super) bos: Option<TokenId>,
    /// The token at the end of a text.
    pub(super) eos: Option<TokenId>,
}

impl TokenizerParts {
    /// The bytes of every token, some ids twice: what an added token adds to the text
    /// comes after what the vocabulary says about it.
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
            // SentencePiece spells the user's own pieces as it spells all others.
            let spelled = matches!(self.spelling, Spelling::SentencePiece { .. });
            let spelling = match spelled && !token.special {
                true => self.spelling,
                false => Spelling::Literal,
            };
            (token.id, spelling.bytes(&token.content))
        });
        Ok(named.chain(self.unused.iter().cloned()).chain(added).collect())
    }

    /// The model, whose builder panics on what is refused here: merges that are longer
    /// than all tokens. No control token can come out of it, whatever the text; only
    /// those of one character, which stand for themselves, and the unknown token.
    pub(super) fn model(&mut self) -> Result<BPE, TokenizerError> {
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
            // The library's cache belongs to the thread and outlives the tokenizer.
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
