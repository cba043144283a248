//! Sentences about the game.

pub(crate) use crate::language::table::guess::*;

use super::panel;
use crate::language::{say, say_count};

/// The chips that can still be placed.
pub(crate) fn left(chips: u8) -> String {
    say_count!(LEFT, u64::from(chips))
}

/// A row as a screen reader says it: the token, and the chips on it.
pub(crate) fn row(token: &str, chips: u8) -> String {
    say_count!(ON_ROW, u64::from(chips), token = token)
}

/// The button that takes a chip from a row.
pub(crate) fn take(token: &str) -> String {
    say!(TAKE, token = token)
}

/// What was drawn, and the bits of the player and of the model.
pub(crate) fn outcome(token: &str, player: f64, model: f64) -> String {
    let (player, model) = (panel::bits(player), panel::bits(model));
    say!(OUTCOME, token = token, player = player, model = model)
}

/// The means of so many guesses.
pub(crate) fn score(rounds: u32, player: f64, model: f64) -> String {
    let mean = |bits: f64| panel::bits(bits / f64::from(rounds.max(1)));
    say_count!(SCORE, u64::from(rounds), player = mean(player), model = mean(model))
}
