//! A model that an engine elsewhere runs: what a session asks of it, and what it gets.

use std::fmt::Debug;
use std::time::Duration;

use protocol::{Failure, TokenId};

/// A model that an engine elsewhere runs. Questions are answered while the session goes on;
/// none of these calls waits for the network.
pub trait RemoteModel: Debug + Send {
    /// Begins to ask. Dropping what is returned takes the question back.
    fn ask(&mut self, question: RemoteQuestion) -> Box<dyn RemoteReply>;

    /// Waits until an answer has come, or for so long.
    fn wait(&mut self, limit: Duration);

    /// The most tokens that the engine lists of a distribution; V or more if it lists all.
    fn most_listed(&self) -> usize;

    /// The most tokens that it lists in the place of each token of a text that it scores.
    fn most_scored(&self) -> usize;
}

/// An answer that may not have come yet.
pub trait RemoteReply: Debug + Send {
    /// The answer, once, when it has come.
    fn take(&mut self) -> Option<Result<RemoteAnswer, Failure>>;
}

/// A question to a model elsewhere. All probabilities are the model's own: at temperature 1,
/// and before any sampler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteQuestion {
    /// What follows a text.
    Next {
        /// The text, with at least one token.
        ids: Vec<TokenId>,
        /// How many of the most probable tokens to list, at least 1.
        listed: usize,
        /// Tokens to tell of whatever their ranks.
        named: Vec<TokenId>,
    },
    /// How probable each token of a text was.
    Score {
        /// The text, with at least two tokens.
        ids: Vec<TokenId>,
        /// How many of the most probable tokens to list at each place, at least 2.
        listed: usize,
    },
}

/// What a model elsewhere answers.
#[derive(Clone, Debug, PartialEq)]
pub enum RemoteAnswer {
    /// What follows a text.
    Next {
        /// The most probable tokens, each with ln p, in any order; fewer than were asked for
        /// only if the engine cannot tell which tokens the others are.
        listed: Vec<(TokenId, f32)>,
        /// ln p of all tokens that were named and are not in the list, and perhaps of others.
        named: Vec<(TokenId, f32)>,
    },
    /// Of each token of a text but the first.
    Score(Vec<RemoteScore>),
}

/// How probable a token of a text was.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteScore {
    /// ln p.
    pub log_probability: f32,
    /// 1 for the most probable token; none if the engine does not tell.
    pub rank: Option<u32>,
    /// The most probable tokens in its place, each with ln p, in any order.
    pub listed: Vec<(TokenId, f32)>,
}
