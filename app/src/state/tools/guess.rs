//! The game: bets on the next token, before the bars are seen, and what they were worth.

use protocol::{Distribution, Token, TokenId};

use crate::state::text_distribution::TextKey;

/// The chips of a guess.
pub(crate) const CHIPS: u8 = 10;
/// The most tokens that are listed to bet on.
const MAX_LISTED: usize = 8;
/// The part of a guess that is spread evenly over all rows, so that a token without a chip costs
/// some bits and not all there are.
const SPREAD: f64 = 0.05;

/// Something that the player does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum GuessAction {
    /// Put a chip on a row.
    Add(usize),
    /// Take a chip from a row.
    Take(usize),
    /// See what is drawn, and the bars.
    Reveal,
    /// Go on with what was drawn.
    Next,
    /// Forget the score.
    StartOver,
}

/// A row to bet on. The rows are in the order of their texts, which tells nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GuessRow {
    /// The token; none for all that are not listed.
    pub(crate) token: Option<Token>,
    /// The probability of being drawn.
    pub(crate) q: f64,
}

/// The bets on the token after a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bets {
    pub(crate) text: TextKey,
    /// What can be bet on. It stays as it was when the guess began.
    pub(crate) rows: Vec<GuessRow>,
    /// The chips on each.
    pub(crate) chips: Vec<u8>,
    /// What was drawn.
    pub(crate) outcome: Option<Outcome>,
}

/// What was drawn, and what it was worth to both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The row that it is in.
    pub(crate) row: usize,
    /// The bits of the player's surprise.
    pub(crate) player: f64,
    /// Of the model's.
    pub(crate) model: f64,
}

/// The game.
#[derive(Debug, Default)]
pub(crate) struct Guess {
    pub(crate) bets: Option<Bets>,
    /// How many guesses were revealed, with the bits of both.
    pub(crate) rounds: u32,
    pub(crate) player: f64,
    pub(crate) model: f64,
}

impl Bets {
    /// No bets yet on the token that follows a text.
    pub(crate) fn on(text: TextKey, seen: &Distribution) -> Bets {
        let mut listed: Vec<_> = seen.candidates.iter().take(MAX_LISTED).collect();
        // A token that is drawn is among them, or one of the others.
        listed.sort_by(|a, b| a.token.text.cmp(&b.token.text));
        let mut rows: Vec<GuessRow> = listed
            .into_iter()
            .map(|row| GuessRow {
                token: Some(row.token.clone()),
                q: row.sampled_probability.into(),
            })
            .collect();
        let others = 1.0 - rows.iter().map(|row| row.q).sum::<f64>();
        rows.push(GuessRow { token: None, q: others.max(0.0) });
        let chips = vec![0; rows.len()];
        Bets { text, rows, chips, outcome: None }
    }

    /// The chips that are not on any row.
    pub(crate) fn left(&self) -> u8 {
        CHIPS.saturating_sub(self.chips.iter().sum())
    }

    /// The probability that the bets give a row. What is not bet is spread evenly.
    pub(crate) fn share(&self, row: usize) -> f64 {
        let rows = self.rows.len().max(1) as f64;
        let chips = self.chips.get(row).copied().unwrap_or(0);
        let bet = (f64::from(chips) + f64::from(self.left()) / rows) / f64::from(CHIPS);
        (1.0 - SPREAD) * bet + SPREAD / rows
    }

    /// What comes of the bets if this token is drawn.
    pub(crate) fn outcome_of(&self, drawn: TokenId) -> Outcome {
        let is_drawn =
            |row: &GuessRow| row.token.as_ref().is_some_and(|token| token.id == drawn);
        let others = self.rows.len().saturating_sub(1);
        let row = self.rows.iter().position(is_drawn).unwrap_or(others);
        let q = self.rows.get(row).map_or(0.0, |row| row.q);
        // What was drawn had a probability, whatever its rounded parts say.
        let model = -q.max(f64::from(f32::MIN_POSITIVE)).log2();
        Outcome { row, player: -self.share(row).log2(), model: model.max(0.0) }
    }
}

impl Guess {
    /// Whether bets on the token after this text are open, so that its bars stay hidden.
    pub(crate) fn is_open(&self, text: Option<TextKey>) -> bool {
        let bets = self.bets.as_ref();
        bets.is_none_or(|bets| Some(bets.text) != text || bets.outcome.is_none())
    }

    /// Counts what came of a guess.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        self.rounds += 1;
        self.player += outcome.player;
        self.model += outcome.model;
    }
}
