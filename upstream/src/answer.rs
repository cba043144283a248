//! What is wrong with an answer.

use protocol::TokenId;

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnswerError {
    /// It is cut short, or is no JSON of the form that was asked for.
    #[error("it is cut short or damaged: {0}")]
    Damaged(String),
    /// It answers for another number of texts or tokens.
    #[error("it has {found} {what} instead of {wanted}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
    /// The token that the engine drew itself is not told of.
    #[error("the token that was drawn, {0}, is not among those that it tells of")]
    NoSampled(TokenId),
    /// A token that was named, or one of the text, is not told of.
    #[error("it does not tell of token {0}, which was asked for")]
    NoNamed(TokenId),
    /// A log probability is not a number, or above 0.
    #[error("what it tells of token {0} is no probability")]
    NoProbability(TokenId),
    /// A rank is 0, or there is none where there must be.
    #[error("the rank that it tells of token {0} is none")]
    NoRank(TokenId),
    /// A token is told of twice.
    #[error("it tells of token {0} twice")]
    Twice(TokenId),
    /// The probabilities are more than 1 in all.
    #[error("its probabilities are more than 1 in all")]
    AboveOne,
}

impl AnswerError {
    pub(crate) fn damaged(error: &serde_json::Error) -> AnswerError {
        AnswerError::Damaged(error.to_string())
    }
}

/// How far above 1 probabilities may be in all: engines compute them in 16 bits.
const MOST_ABOVE_ONE: f64 = 0.02;

/// Checks the tokens that an engine lists of one distribution.
///
/// # Errors
/// If they are no part of a distribution.
pub(crate) fn check(tokens: &[(TokenId, f32)]) -> Result<(), AnswerError> {
    let mut sum = 0.0;
    for (id, log_p) in tokens {
        // Numbers of 16 bits can be a little above 0.
        if !log_p.is_finite() || f64::from(*log_p) > MOST_ABOVE_ONE {
            return Err(AnswerError::NoProbability(*id));
        }
        sum += f64::from(*log_p).exp();
    }
    if sum > 1.0 + MOST_ABOVE_ONE {
        return Err(AnswerError::AboveOne);
    }
    let mut ids: Vec<TokenId> = tokens.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(AnswerError::Twice(pair[0])),
        None => Ok(()),
    }
}

/// Checks a number of things.
///
/// # Errors
/// If it is another one.
pub(crate) fn count(
    what: &'static str,
    wanted: usize,
    found: usize,
) -> Result<(), AnswerError> {
    match wanted == found {
        true => Ok(()),
        false => Err(AnswerError::Count { what, wanted, found }),
    }
}
