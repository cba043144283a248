//! Encodes a text: it is split at added tokens, normalized, split into words, and each word is
//! encoded by the model.

use protocol::TokenId;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use super::added::{ControlTokens, Piece};
use super::normalize::normalize;
use super::{Tokenizer, TokenizerError};

impl Tokenizer {
    /// The ids of a text. A `marker` hides the text around it from the search for added
    /// tokens, and is then removed. A text that continues another has no space added before
    /// it.
    pub(super) fn encode(
        &self,
        text: &str,
        control: ControlTokens,
        marker: Option<char>,
        continues: bool,
    ) -> Result<Vec<TokenId>, TokenizerError> {
        let mut ids = Vec::new();
        let (normalizer, mut pre_tokenizer) = match continues {
            true => (&self.continuing_normalizer, &self.continuing_pre_tokenizer),
            false => (&self.normalizer, &self.pre_tokenizer),
        };
        let later = match continues {
            true => &self.continuing_pre_tokenizer,
            false => &self.later_pre_tokenizer,
        };
        for piece in self.verbatim.split(text, control) {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Token(id) => {
                    ids.push(id);
                    pre_tokenizer = later;
                    continue;
                }
            };
            let text = normalize(normalizer, text)?;
            for piece in self.normalized.split(&text, control) {
                match (piece, marker) {
                    (Piece::Token(id), _) => ids.push(id),
                    (Piece::Text(text), None) => {
                        self.encode_words(text, pre_tokenizer, &mut ids)?
                    }
                    (Piece::Text(text), Some(marker)) => {
                        let text = text.replace(marker, "");
                        self.encode_words(&text, pre_tokenizer, &mut ids)?;
                    }
                }
                pre_tokenizer = later;
            }
        }
        Ok(ids)
    }

    /// Appends the ids of normalized text without added tokens.
    fn encode_words(
        &self,
        text: &str,
        pre_tokenizer: &Option<PreTokenizerWrapper>,
        ids: &mut Vec<TokenId>,
    ) -> Result<(), TokenizerError> {
        let mut words = PreTokenizedString::from(text);
        if let Some(pre_tokenizer) = pre_tokenizer {
            pre_tokenizer.pre_tokenize(&mut words)?;
        }
        for (word, ..) in
            words.get_splits(OffsetReferential::Normalized, OffsetType::None)
        {
            self.encoder.encode(&self.table, word, ids)?;
        }
        Ok(())
    }
}
