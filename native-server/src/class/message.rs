//! What pages of a class and the server say to each other, as JSON in text frames.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// What a page says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FromPage {
    /// Open a class; this page is its teacher's.
    Open {},
    /// Be the teacher's page again, after the connection was lost.
    Teach {
        /// The code of the class.
        code: String,
        /// What only the page knows that opened it.
        key: String,
    },
    /// Take part, or take part again.
    Join {
        /// The code of the class.
        code: String,
        /// What the page calls itself: the same after a lost connection.
        player: String,
        /// What the person is called. It is shown, and means nothing.
        name: String,
    },
    /// Draw the QR code of the class's link, as the teacher's page has it.
    Picture {
        /// The link.
        link: String,
    },
    /// Ask what follows a text.
    Ask {
        /// The text.
        text: String,
        /// What can be bet on; none for all other tokens.
        rows: Vec<Option<String>>,
    },
    /// Bet in a round, in place of an earlier bet in it.
    Bet {
        /// The round.
        round: u32,
        /// The chips on each row.
        chips: Vec<u8>,
    },
    /// Tell what was drawn.
    Reveal {
        /// The row.
        drawn: usize,
        /// The probability of each row.
        q: Vec<f64>,
    },
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToPage {
    /// The class is open.
    Opened {
        /// Its code, for the others.
        code: String,
        /// What makes this page its teacher's.
        key: String,
        /// What lets others into this class, and nowhere else, on a server that wants a token;
        /// none on any other.
        #[serde(skip_serializing_if = "Option::is_none")]
        pass: Option<String>,
    },
    /// The QR code of a link.
    Picture {
        /// The link.
        link: String,
        /// Its rows from the top, without a margin: 1 for a dark cell, 0 for a light one.
        rows: Vec<String>,
    },
    /// How things stand, as a whole: a page that was away has missed nothing.
    View(View),
    /// Something was not taken.
    Refused(Refusal),
}

/// How things stand, as one page sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct View {
    /// The round, from 1; 0 before the first.
    pub(crate) round: u32,
    /// The text and the rows of the round.
    pub(crate) text: String,
    /// What can be bet on; none for all other tokens.
    pub(crate) rows: Vec<Option<String>>,
    /// The chips that this page has placed; none if it has not bet, or is the teacher's.
    pub(crate) chips: Option<Vec<u8>>,
    /// How many take part.
    pub(crate) players: usize,
    /// How many have bet in this round.
    pub(crate) voted: usize,
    /// The chips of all on each row: for the teacher at once, for the others once it is revealed.
    pub(crate) votes: Option<Vec<u32>>,
    /// What was drawn, and how probable each row was, once it is revealed.
    pub(crate) revealed: Option<Revealed>,
    /// This page's score.
    pub(crate) score: Score,
    /// That of the model.
    pub(crate) model: Score,
    /// The best of the class, once a round is revealed.
    pub(crate) best: Vec<Named>,
}

/// What was drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Revealed {
    /// The row.
    pub(crate) drawn: usize,
    /// The probability of each row.
    pub(crate) q: Vec<f64>,
}

/// The bits of so many rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Score {
    /// The rounds in which there was a bet.
    pub(crate) rounds: u32,
    /// The sum of their surprisals.
    pub(crate) bits: f64,
}

/// A score with a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Named {
    /// The name, as its person typed it.
    pub(crate) name: String,
    /// The score.
    pub(crate) score: Score,
}
