//! The game: bets on the next token.

use crate::state::{Bets, GuessAction, State, Tab, Tool};
use crate::texts;
use crate::update::explorer::append_sampled;
use crate::update::requests::Effects;

/// Takes an action of the player.
pub(crate) fn on_action(state: &mut State, action: GuessAction, effects: &mut Effects) {
    let text = state.text_key();
    let bets = state.guess.bets.as_mut().filter(|bets| Some(bets.text) == text);
    match (action, bets) {
        (GuessAction::StartOver, _) => state.guess = Default::default(),
        (_, None) => {}
        (GuessAction::Add(row), Some(bets)) => {
            let left = bets.left();
            if let Some(chips) = bets.chips.get_mut(row).filter(|_| left > 0) {
                *chips += 1;
            }
        }
        (GuessAction::Take(row), Some(bets)) => {
            if let Some(chips) = bets.chips.get_mut(row) {
                *chips = chips.saturating_sub(1);
            }
        }
        (GuessAction::Reveal, Some(_)) => reveal(state),
        (GuessAction::Next, Some(bets)) => {
            if bets.outcome.is_some() {
                append_sampled(state, effects);
            }
        }
    }
}

fn reveal(state: &mut State) {
    let Some(seen) = state.current().cloned() else { return };
    let Some(bets) = state.guess.bets.as_mut().filter(|bets| bets.outcome.is_none())
    else {
        return;
    };
    let outcome = bets.outcome_of(seen.sampled.token.id);
    bets.outcome = Some(outcome);
    state.guess.count(outcome);
    let drawn = texts::tokens::spoken(&seen.sampled.token);
    state.announce(texts::guess::outcome(&drawn, outcome.player, outcome.model));
}

/// Begins a guess when there is something to guess. A knob that is turned before the first chip is
/// placed changes what is guessed.
pub(super) fn refresh(state: &mut State) {
    if state.open_tool() != Some(Tool::Guess) || state.tab != Tab::Explorer {
        return;
    }
    let (Some(text), Some(seen)) = (state.text_key(), state.current().cloned()) else {
        return;
    };
    let is_begun = state.guess.bets.as_ref().is_some_and(|bets| {
        bets.text == text && (bets.outcome.is_some() || bets.chips.iter().any(|&n| n > 0))
    });
    if !is_begun {
        state.guess.bets = Some(Bets::on(text, &seen));
    }
}
