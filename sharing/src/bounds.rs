//! What can be of a session at all: the bounds, and the vocabulary.

use protocol::{Candidate, Distribution, Token};

use crate::Fault;

/// The most tokens of all texts.
pub(crate) const MAX_TOKENS: usize = 100_000;
/// The most letters of a name or an address.
pub(crate) const MAX_NAME: usize = 2_000;
/// The most letters of a prompt or of the allowed texts.
pub(crate) const MAX_TEXT: usize = 1_000_000;
/// The most tokens that a distribution lists.
pub(crate) const MAX_LISTED: usize = 1_000;
/// What a sum of rounded probabilities can be above 1.
const ABOVE_ONE: f32 = 1e-3;

/// The fault of something that does not hold.
pub(crate) fn must(holds: bool, what: &str) -> Result<(), Fault> {
    holds.then_some(()).ok_or_else(|| Fault::invalid(what))
}

/// Whether a number is a probability, as rounding leaves it.
pub(crate) fn is_probability(number: f32) -> bool {
    (0.0..=1.0 + ABOVE_ONE).contains(&number)
}

/// The vocabulary that everything in a session is of.
#[derive(Clone, Copy)]
pub(crate) struct Vocabulary {
    pub(crate) size: u32,
}

impl Vocabulary {
    /// Whether a distribution can be the one at a position of a text.
    pub(crate) fn distribution_at(
        self,
        seen: &Distribution,
        position: u32,
    ) -> Result<(), Fault> {
        must(seen.position == position, "a distribution is of another place")?;
        self.distribution(seen)
    }

    /// Whether a distribution can be one over this vocabulary.
    pub(crate) fn distribution(self, seen: &Distribution) -> Result<(), Fault> {
        must(seen.vocab_size == self.size, "a distribution is over another vocabulary")?;
        must(seen.settings.check().is_ok(), "the sampler has impossible settings")?;
        let listed = seen.candidates.iter().chain(&seen.watched);
        let mut listed = listed.chain(std::iter::once(&seen.sampled));
        let few = seen.candidates.len() + seen.watched.len() <= MAX_LISTED;
        must(few && !seen.candidates.is_empty(), "a distribution has no rows")?;
        listed.try_for_each(|row| self.candidate(row))?;
        let rising = |pair: &[Candidate]| pair[0].rank < pair[1].rank;
        must(seen.candidates.windows(2).all(rising), "rows are out of order")?;
        let sum: f32 = seen.candidates.iter().map(|row| row.probability).sum();
        must(is_probability(sum + seen.outside.probability), "the rows exceed 100%")
    }

    /// Whether a row can be one of a distribution over it.
    pub(crate) fn candidate(self, row: &Candidate) -> Result<(), Fault> {
        self.has(&row.token)?;
        let whole =
            is_probability(row.probability) && is_probability(row.sampled_probability);
        must(whole && row.rank > 0, "a row is none")
    }

    /// Whether a token can be of it. Its text is data, and is shown as it stands.
    pub(crate) fn has(self, token: &Token) -> Result<(), Fault> {
        must(token.id < self.size, "a token is not of the vocabulary")
    }
}

/// Whether no text is longer than that.
pub(crate) fn lengths(texts: &[&String], most: usize) -> Result<(), Fault> {
    match texts.iter().all(|text| text.len() <= most) {
        true => Ok(()),
        false => Err(Fault::TooLarge),
    }
}
