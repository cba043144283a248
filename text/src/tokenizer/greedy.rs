//! What cuts a text into tokens: merges of pairs, or the longest token at each place.

use protocol::TokenId;
use tokenizers::Model;
use tokenizers::models::bpe::BPE;

use super::TokenizerError;
use super::table::TokenTable;

/// What cuts a word into tokens.
pub(super) enum Encoder {
    /// Pairs that are merged.
    Merges(Box<BPE>),
    /// The longest token at each place.
    Greedy(Greedy),
}

/// The tokens of a text, in the order of their bytes.
pub(super) struct Greedy {
    ids: Vec<TokenId>,
}

impl Encoder {
    /// Appends the ids of a word.
    ///
    /// # Errors
    /// If the library cannot encode it.
    pub(super) fn encode(
        &self,
        table: &TokenTable,
        word: &str,
        ids: &mut Vec<TokenId>,
    ) -> Result<(), TokenizerError> {
        match self {
            Encoder::Merges(model) => {
                ids.extend(model.tokenize(word)?.iter().map(|token| token.id));
            }
            Encoder::Greedy(greedy) => greedy.encode(table, word.as_bytes(), ids),
        }
        Ok(())
    }

    /// The id of a token in the vocabulary's spelling; of those that are not merged, by its
    /// text.
    pub(super) fn token_to_id(&self, table: &TokenTable, token: &str) -> Option<TokenId> {
        match self {
            Encoder::Merges(model) => model.token_to_id(token),
            Encoder::Greedy(greedy) => {
                let (id, length) = greedy.longest(table, token.as_bytes())?;
                (length == token.len()).then_some(id)
            }
        }
    }
}

impl Greedy {
    /// Takes those tokens of a table that may come from text.
    ///
    /// # Errors
    /// If some byte is no token: a text could then not be encoded.
    pub(super) fn new(
        table: &TokenTable,
        is_text: impl Fn(TokenId) -> bool,
    ) -> Result<Greedy, TokenizerError> {
        let count = TokenId::try_from(table.len()).unwrap_or(TokenId::MAX);
        let mut ids: Vec<TokenId> =
            (0..count).filter(|id| is_text(*id) && !table.get(*id).is_empty()).collect();
        // The sort is stable: of tokens with the same bytes, the first comes first.
        ids.sort_by_key(|id| table.get(*id));
        let greedy = Greedy { ids };
        match (0..=u8::MAX).find(|byte| greedy.longest(table, &[*byte]).is_none()) {
            None => Ok(greedy),
            Some(byte) => Err(TokenizerError::Inconsistent(format!(
                "it has no token for the byte {byte:#04x}"
            ))),
        }
    }

    fn encode(&self, table: &TokenTable, mut text: &[u8], ids: &mut Vec<TokenId>) {
        while let Some((id, length)) = self.longest(table, text) {
            ids.push(id);
            text = &text[length..];
        }
    }

    /// The longest token that a text begins with, and its length; `None` of an empty text.
    fn longest(&self, table: &TokenTable, text: &[u8]) -> Option<(TokenId, usize)> {
        let (mut candidates, mut longest) = (&self.ids[..], None);
        for (depth, byte) in text.iter().enumerate() {
            // All candidates begin with the bytes before this one, those that end there first.
            let at = |id: &TokenId| table.get(*id).get(depth);
            let first = candidates.partition_point(|id| at(id) < Some(byte));
            let end = candidates.partition_point(|id| at(id) <= Some(byte));
            candidates = &candidates[first..end];
            let Some(id) = candidates.first() else { break };
            if table.get(*id).len() == depth + 1 {
                longest = Some((*id, depth + 1));
            }
        }
        longest
    }
}
