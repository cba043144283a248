//! The game: rows to bet on, and what came of the bets.

use super::copies::Copies;
use crate::dom::Slot;
use crate::elements::Page;
use crate::state::{Bets, State, Tab, Tool};
use crate::texts;

/// The elements of the game.
#[derive(Debug)]
pub(super) struct GuessView {
    note: Slot,
    list: Slot,
    rows: Copies,
    reveal: Slot,
    next: Slot,
    over: Slot,
    outcome: Slot,
    score: Slot,
    /// What hides the bars while bets are open.
    main: Slot,
}

const PARTS: [&str; 5] = [".bet", ".token", ".chips", ".share", ".take"];

impl GuessView {
    pub(super) fn new(page: &Page) -> Result<GuessView, String> {
        Ok(GuessView {
            note: page.slot("guess-note")?,
            list: page.slot("guess-rows")?,
            rows: Copies::new(page, "guess-rows", "guess-template", &PARTS)?,
            reveal: page.slot("guess-reveal")?,
            next: page.slot("guess-next")?,
            over: page.slot("guess-over")?,
            outcome: page.slot("guess-outcome")?,
            score: page.slot("guess-score")?,
            main: page.slot("main")?,
        })
    }

    /// Hides the bars while bets on them are open.
    pub(super) fn render_cover(&self, state: &State) {
        let plays = state.open_tool() == Some(Tool::Guess) && state.tab == Tab::Explorer;
        let is_at_end = state.explorer.look_back.is_none();
        let hides = plays && is_at_end && state.guess.is_open(state.text_key());
        self.main.flag("data-guessing", hides);
    }

    pub(super) fn render(&mut self, state: &State) {
        let text = state.text_key();
        let bets = state.guess.bets.as_ref().filter(|bets| Some(bets.text) == text);
        let bets = bets.filter(|_| state.current().is_some());
        // For the script that plays it with a class.
        let said = bets.map(|_| state.explorer.text());
        self.list.attribute("data-text", said.as_deref());
        self.render_rows(bets);
        let outcome = bets.and_then(|bets| bets.outcome);
        self.note.text(&match (bets, outcome) {
            (None, _) => texts::guess::NOTHING.into(),
            (Some(bets), None) => texts::guess::left(bets.left()),
            (Some(_), Some(_)) => String::new(),
        });
        self.reveal.show(bets.is_some() && outcome.is_none());
        self.next.show(outcome.is_some());
        let drawn = state.current().filter(|_| outcome.is_some());
        self.outcome.text(&match (outcome, drawn) {
            (Some(outcome), Some(seen)) => texts::guess::outcome(
                &seen.sampled.token.text,
                outcome.player,
                outcome.model,
            ),
            _ => String::new(),
        });
        let guess = &state.guess;
        self.over.show(guess.rounds > 0);
        self.score.text(&match guess.rounds {
            0 => String::new(),
            rounds => texts::guess::score(rounds, guess.player, guess.model),
        });
    }

    fn render_rows(&mut self, bets: Option<&Bets>) {
        let copies = self.rows.show(bets.map_or(0, |bets| bets.rows.len())).iter();
        let Some(bets) = bets else { return };
        let is_over = bets.outcome.is_some();
        for (index, (copy, row)) in copies.zip(&bets.rows).enumerate() {
            let [bet, text, chips, share, take] = &copy.parts[..] else { return };
            let placed = bets.chips.get(index).copied().unwrap_or(0);
            let (shown, spoken) = match &row.token {
                Some(token) => (token.text.clone(), texts::tokens::spoken(token)),
                None => (texts::guess::ANOTHER.into(), texts::guess::ANOTHER.into()),
            };
            let is_drawn = bets.outcome.is_some_and(|outcome| outcome.row == index);
            copy.root.flag("data-drawn", is_drawn);
            let position = index.to_string();
            bet.attribute("data-bet", Some(&position));
            bet.attribute("aria-label", Some(&texts::guess::row(&spoken, placed)));
            bet.state("aria-disabled", is_over || bets.left() == 0);
            text.text(&shown);
            chips.text(&"●".repeat(placed.into()));
            share.property("--share", if is_over { row.q } else { 0.0 });
            take.attribute("data-bet", Some(&position));
            take.attribute("aria-label", Some(&texts::guess::take(&spoken)));
            take.state("aria-disabled", is_over || placed == 0);
        }
    }
}
