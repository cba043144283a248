//! The merges of a SentencePiece vocabulary, which has scores instead.

use std::collections::HashMap;

use protocol::TokenId;

/// The longest token that merges are made for. SentencePiece's default is 16 characters;
/// the longest in use are runs of some dozens of spaces.
const MAX_MERGED_BYTES: usize = 512;

/// An ordinary token of a SentencePiece vocabulary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) id: TokenId,
    /// Merges that give pieces of a higher score come first.
    pub(super) score: f64,
}

/// The merges with which a byte-pair model encodes as SentencePiece does: all pairs of
/// pieces that make up another piece, by falling score of that piece, then by falling
/// length of the left part, then of the right part. (The order of `generate_merges` in
/// transformers.)
pub(super) fn merges_from_scores(pieces: &[Piece]) -> Vec<(String, String)> {
    struct Merge<'a> {
        left: &'a str,
        right: &'a str,
        score: f64,
        /// In characters.
        lengths: (usize, usize),
    }
    let ids: HashMap<&str, TokenId> = pieces.iter().map(|p| (p.text, p.id)).collect();
    let mut merges: Vec<Merge> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.text.len() <= MAX_MERGED_BYTES) {
        let length = piece.text.chars().count();
        let mut pairs: Vec<_> = piece
            .text
            .char_indices()
            .enumerate()
            .skip(1)
            .filter_map(|(characters, (middle, _))| {
                let (left, right) = piece.text.split_at(middle);
                let ids = (*ids.get(left)?, *ids.get(right)?);
                let lengths = (characters, length - characters);
                Some((ids, Merge { left, right, score: piece.score, lengths }))
            })
            .collect();
        pairs.sort_by_key(|(ids, _)| *ids);
        merges.extend(pairs.into_iter().map(|(_, merge)| merge));
    }
    // The sort is stable: equal merges stay in the order of ids.
    merges.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.lengths.cmp(&a.lengths)));
    merges
        .into_iter()
        .map(|merge| (merge.left.to_owned(), merge.right.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_are_ordered_by_score_then_by_the_length_of_the_left_part() {
        let vocab = [("a", -9.0), ("b", -9.0), ("ab", -2.0), ("ba", -1.0), ("aba", -3.0)];
        let pieces: Vec<Piece> = (0..)
            .zip(vocab)
            .map(|(id, (text, score))| Piece { text, id, score })
            .collect();
        let merges = merges_from_scores(&pieces);
        let merges: Vec<String> =
            merges.iter().map(|(a, b)| format!("{a} {b}")).collect();
        assert_eq!(merges, ["b a", "a b", "ab a", "a ba"]);
    }
}
