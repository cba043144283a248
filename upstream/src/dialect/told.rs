//! What is asked for of a distribution, and what is told.

use protocol::TokenId;

/// The tokens that are told of after a text, each with ln p.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// The most probable ones.
    pub(crate) listed: Vec<(TokenId, f32)>,
    /// Others.
    pub(crate) named: Vec<(TokenId, f32)>,
}

/// How a token of a text was predicted.
pub(crate) type Scored = engine::RemoteScore;

/// How many tokens to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// So many.
    Top(usize),
    /// The whole vocabulary, of so many tokens.
    All(usize),
}

/// What texts of tokens stand for which ids, for engines that tell only texts.
pub(crate) trait Spellings: Sync {
    /// The id of the only token with this text.
    fn id(&self, text: &str) -> Option<TokenId>;
}

impl Listing {
    /// How many tokens that are.
    pub(crate) fn count(self) -> usize {
        match self {
            Listing::Top(count) | Listing::All(count) => count,
        }
    }
}
