//! One class: who takes part, what is asked, and the bets. It has no connection and no clock.

use std::collections::HashMap;

use super::message::{FromPage, Named, Revealed, Score, View};
use super::refusal::Refusal;

/// The chips of a bet.
const CHIPS: u32 = 10;
/// The part of a bet that is spread evenly over all rows (docs/teaching.md).
const SPREAD: f64 = 0.05;
/// The most who take part.
pub(crate) const MAX_PLAYERS: usize = 250;
/// The most rows.
const MAX_ROWS: usize = 16;
/// The most bytes of a row.
const MAX_ROW_BYTES: usize = 400;
/// The most bytes of a text; of a longer one, its end is kept.
const MAX_TEXT_BYTES: usize = 4_000;
/// The most letters of a name.
const MAX_NAME_LETTERS: usize = 30;
/// The most bytes of what a page calls itself.
const MAX_PLAYER_BYTES: usize = 64;
/// How many of the best are named.
const BEST: usize = 5;

/// Whose page it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    /// The teacher's.
    Teacher,
    /// That of one who takes part, by what the page calls itself.
    Player(String),
}

/// One who takes part.
#[derive(Clone, Debug, Default)]
struct Player {
    name: String,
    chips: Option<Vec<u8>>,
    score: Score,
}

/// A class.
#[derive(Debug, Default)]
pub(crate) struct Room {
    players: HashMap<String, Player>,
    round: u32,
    text: String,
    rows: Vec<Option<String>>,
    revealed: Option<Revealed>,
    model: Score,
}

impl Room {
    /// Lets someone take part, or take part again under another name.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn join(&mut self, player: &str, name: &str) -> Result<Seat, Refusal> {
        if player.is_empty() || player.len() > MAX_PLAYER_BYTES {
            return Err(Refusal::wrong("The page did not say who it is. Reload it."));
        }
        if !self.players.contains_key(player) && self.players.len() >= MAX_PLAYERS {
            return Err(Refusal::FULL);
        }
        let letters = name.chars().filter(|letter| !letter.is_control());
        let name: String = letters.take(MAX_NAME_LETTERS).collect();
        self.players.entry(player.to_owned()).or_default().name = name.trim().to_owned();
        Ok(Seat::Player(player.to_owned()))
    }

    /// Takes what a page says.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(crate) fn take(&mut self, seat: &Seat, message: FromPage) -> Result<(), Refusal> {
        match (seat, message) {
            (Seat::Teacher, FromPage::Ask { text, rows }) => self.ask(text, rows),
            (Seat::Teacher, FromPage::Reveal { drawn, q }) => self.reveal(drawn, q),
            (Seat::Player(player), FromPage::Bet { round, chips }) => {
                self.bet(player, round, chips)
            }
            _ => Err(Refusal::wrong("This page may not do that.")),
        }
    }

    fn ask(&mut self, text: String, rows: Vec<Option<String>>) -> Result<(), Refusal> {
        let long = rows.iter().flatten().any(|row| row.len() > MAX_ROW_BYTES);
        if rows.is_empty() || rows.len() > MAX_ROWS || long {
            return Err(Refusal::wrong("There is nothing to bet on."));
        }
        let skipped = text.len().saturating_sub(MAX_TEXT_BYTES);
        let start = (skipped..=text.len()).find(|at| text.is_char_boundary(*at));
        self.round += 1;
        self.text = text.get(start.unwrap_or_default()..).unwrap_or_default().to_owned();
        self.rows = rows;
        self.revealed = None;
        for player in self.players.values_mut() {
            player.chips = None;
        }
        Ok(())
    }

    fn bet(&mut self, player: &str, round: u32, chips: Vec<u8>) -> Result<(), Refusal> {
        if round != self.round || self.revealed.is_some() {
            return Err(Refusal::OVER);
        }
        let placed: u32 = chips.iter().map(|chips| u32::from(*chips)).sum();
        if chips.len() != self.rows.len() || placed > CHIPS {
            return Err(Refusal::wrong("This bet cannot be."));
        }
        let player = self
            .players
            .get_mut(player)
            .ok_or(Refusal::wrong("Join the class first."))?;
        player.chips = Some(chips);
        Ok(())
    }

    fn reveal(&mut self, drawn: usize, q: Vec<f64>) -> Result<(), Refusal> {
        let are_q =
            q.len() == self.rows.len() && q.iter().all(|q| (0.0..=1.0).contains(q));
        if self.revealed.is_some() || drawn >= self.rows.len() || !are_q {
            return Err(Refusal::wrong("This cannot be revealed."));
        }
        for player in self.players.values_mut() {
            if let Some(chips) = &player.chips {
                player.score.add(-share(chips, drawn).log2());
            }
        }
        let of_drawn = q.get(drawn).copied().unwrap_or_default();
        self.model.add((-of_drawn.max(f64::from(f32::MIN_POSITIVE)).log2()).max(0.0));
        self.revealed = Some(Revealed { drawn, q });
        Ok(())
    }

    /// How things stand for a page.
    pub(crate) fn view(&self, seat: &Seat) -> View {
        let mine = match seat {
            Seat::Teacher => None,
            Seat::Player(player) => self.players.get(player),
        };
        let bets = self.players.values().filter_map(|player| player.chips.as_ref());
        let sees_votes = *seat == Seat::Teacher || self.revealed.is_some();
        View {
            round: self.round,
            text: self.text.clone(),
            rows: self.rows.clone(),
            chips: mine.and_then(|player| player.chips.clone()),
            players: self.players.len(),
            voted: bets.clone().count(),
            votes: sees_votes.then(|| {
                let mut votes = vec![0; self.rows.len()];
                for chips in bets {
                    let both = votes.iter_mut().zip(chips);
                    both.for_each(|(sum, chips)| *sum += u32::from(*chips));
                }
                votes
            }),
            revealed: self.revealed.clone(),
            score: mine.map(|player| player.score).unwrap_or_default(),
            model: self.model,
            best: self.best(),
        }
    }

    /// Those with the fewest bits for each of their rounds.
    fn best(&self) -> Vec<Named> {
        if self.revealed.is_none() {
            return Vec::new();
        }
        let scored = self.players.values().filter(|player| player.score.rounds > 0);
        let mut best: Vec<&Player> = scored.collect();
        let order = |player: &&Player| player.score.mean();
        best.sort_by(|a, b| {
            order(a).total_cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
        });
        let named =
            |player: &&Player| Named { name: player.name.clone(), score: player.score };
        best.iter().take(BEST).map(named).collect()
    }
}

impl Score {
    fn add(&mut self, bits: f64) {
        self.rounds += 1;
        self.bits += bits;
    }

    fn mean(self) -> f64 {
        self.bits / f64::from(self.rounds.max(1))
    }
}

/// The probability that a bet gives a row. What is not bet is spread evenly.
fn share(chips: &[u8], row: usize) -> f64 {
    let rows = chips.len().max(1) as f64;
    let placed: u32 = chips.iter().map(|chips| u32::from(*chips)).sum();
    let left = f64::from(CHIPS.saturating_sub(placed)) / rows;
    let on_row = chips.get(row).map_or(0.0, |chips| f64::from(*chips));
    (1.0 - SPREAD) * (on_row + left) / f64::from(CHIPS) + SPREAD / rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(room: &mut Room) {
        let rows = vec![Some(" cat".into()), Some(" dog".into()), None];
        let asked = FromPage::Ask { text: "The".into(), rows };
        room.take(&Seat::Teacher, asked).unwrap();
    }

    fn bet(room: &mut Room, player: &Seat, chips: &[u8]) -> Result<(), Refusal> {
        room.take(player, FromPage::Bet { round: room.round, chips: chips.to_vec() })
    }

    #[test]
    fn bets_are_scored_as_on_the_page() {
        let mut room = Room::default();
        let ann = room.join("a", "Ann").unwrap();
        let ben = room.join("b", " Ben\u{0}\n").unwrap();
        ask(&mut room);
        bet(&mut room, &ann, &[1, 0, 0]).unwrap();
        bet(&mut room, &ann, &[10, 0, 0]).unwrap();
        assert_eq!(room.view(&ben).votes, None, "bets are secret until they are over");
        assert_eq!(room.view(&Seat::Teacher).votes, Some(vec![10, 0, 0]));
        let reveal = FromPage::Reveal { drawn: 0, q: vec![0.5, 0.25, 0.25] };
        room.take(&Seat::Teacher, reveal.clone()).unwrap();
        assert!(room.take(&Seat::Teacher, reveal).is_err(), "once");
        let view = room.view(&ann);
        assert!((view.score.bits + (0.95 + 0.05 / 3.0f64).log2()).abs() < 1e-12);
        assert_eq!(view.model, Score { rounds: 1, bits: 1.0 });
        assert_eq!(room.view(&ben).score.rounds, 0, "who did not bet is not counted");
        assert_eq!(view.best.len(), 1);
        assert!(bet(&mut room, &ben, &[0, 1, 0]).is_err(), "it is over");
        // The same page again has what it had.
        assert_eq!(room.join("a", "Anna").unwrap(), ann);
        assert_eq!(room.view(&ann).score, view.score);
        assert_eq!(room.view(&ann).best[0].name, "Anna");
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut room = Room::default();
        let ann = room.join("a", "Ann").unwrap();
        ask(&mut room);
        let before = room.view(&Seat::Teacher);
        for chips in
            [&[11, 0, 0][..], &[4, 4, 4], &[1, 1], &[1, 1, 1, 1], &[255, 255, 255]]
        {
            assert!(bet(&mut room, &ann, chips).is_err(), "{chips:?}");
        }
        let late = FromPage::Bet { round: 0, chips: vec![0, 0, 0] };
        assert!(room.take(&ann, late).is_err());
        for (drawn, q) in [(3, vec![0.5; 3]), (0, vec![0.5; 2]), (0, vec![f64::NAN; 3])] {
            assert!(room.take(&Seat::Teacher, FromPage::Reveal { drawn, q }).is_err());
        }
        let rows = vec![Some(String::new()); MAX_ROWS + 1];
        for rows in [rows, Vec::new(), vec![Some("x".repeat(1_000))]] {
            let asked = FromPage::Ask { text: String::new(), rows };
            assert!(room.take(&Seat::Teacher, asked).is_err());
        }
        let asked = FromPage::Ask { text: String::new(), rows: vec![None] };
        assert!(room.take(&ann, asked).is_err(), "only the teacher asks");
        assert_eq!(room.view(&Seat::Teacher), before);
    }

    #[test]
    fn a_class_is_bounded() {
        let mut room = Room::default();
        for index in 0..MAX_PLAYERS {
            room.join(&index.to_string(), &"é".repeat(100)).unwrap();
        }
        assert!(room.join("one more", "").is_err());
        assert!(room.join("0", "again").is_ok(), "who is in may come back");
        assert!(room.join(&"x".repeat(100), "").is_err());
        let text = "é".repeat(MAX_TEXT_BYTES);
        let asked = FromPage::Ask { text, rows: vec![None] };
        room.take(&Seat::Teacher, asked).unwrap();
        assert!(room.view(&Seat::Teacher).text.len() <= MAX_TEXT_BYTES);
    }
}
