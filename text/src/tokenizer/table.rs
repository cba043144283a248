//! The bytes of every token, end to end.

use protocol::TokenId;

use super::TokenizerError;

/// The most tokens of a vocabulary: four times the largest in use.
pub(super) const MAX_TOKENS: usize = 1 << 20;

/// The bytes of the tokens by id. Ids that no token has are empty.
#[derive(Clone, Debug, Default)]
pub(super) struct TokenTable {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl TokenTable {
    /// Builds the table from tokens in any order. If an id is there twice, the later one
    /// counts.
    ///
    /// # Errors
    /// If an id is too large, or the tokens are too long.
    pub(super) fn new(tokens: Vec<(TokenId, Vec<u8>)>) -> Result<Self, TokenizerError> {
        let mut tokens = tokens;
        // The sort is stable, so the later of two stays after the earlier.
        tokens.sort_by_key(|(id, _)| *id);
        if let Some((id, _)) = tokens.last().filter(|(id, _)| *id as usize >= MAX_TOKENS)
        {
            let problem = format!("id {id} is larger than any vocabulary's");
            return Err(TokenizerError::Inconsistent(problem));
        }
        let mut table = TokenTable::default();
        let mut tokens = tokens.into_iter().peekable();
        while let Some((id, bytes)) = tokens.next() {
            if tokens.peek().is_some_and(|(next, _)| *next == id) {
                continue;
            }
            let end = table.bytes.len() as u32;
            table.ends.resize(id as usize, end);
            table.bytes.extend_from_slice(&bytes);
            let end = u32::try_from(table.bytes.len())
                .map_err(|_| TokenizerError::inconsistent("its tokens are too long"))?;
            table.ends.push(end);
        }
        Ok(table)
    }

    /// The highest id plus one.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a token; empty if there is no such token.
    pub(super) fn get(&self, id: TokenId) -> &[u8] {
        let index = id as usize;
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..*end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_ids_are_empty_and_the_later_of_two_tokens_counts() {
        let tokens = [(3, "d"), (0, "a"), (3, "D"), (1, "")];
        let tokens = tokens.map(|(id, text)| (id, text.as_bytes().to_vec()));
        let table = TokenTable::new(tokens.to_vec()).unwrap();
        let all: Vec<&[u8]> = (0..5).map(|id| table.get(id)).collect();
        assert_eq!(all, [b"a" as &[u8], b"", b"", b"D", b""]);
        assert_eq!(table.len(), 4);
    }

    #[test]
    fn an_absurd_id_is_refused_before_anything_is_allocated() {
        assert!(TokenTable::new(vec![(u32::MAX, b"a".to_vec())]).is_err());
    }
}
