//! Two texts, samplers or models side by side.

use protocol::Candidate;
use sharing::picture::{Pair, Part};

use super::data::{Data, Value};
use crate::format;
use crate::state::{Other, State};
use crate::texts;

const COLUMNS: [&str; 6] = ["token", "id", "p_this", "q_this", "p_other", "q_other"];

pub(super) fn of(state: &State) -> Option<(String, Part, Data)> {
    let rows = rows(state)?;
    let label = |sides: &[Option<&Candidate>; 2]| {
        let either = sides[0].or(sides[1]);
        either.map_or(String::new(), |row| row.token.text.clone())
    };
    let pair = |row: &Candidate| Pair {
        label: String::new(),
        shares: [row.probability, row.sampled_probability],
        values: [
            format::percent(row.probability),
            format::percent(row.sampled_probability),
        ],
        note: String::new(),
    };
    let drawn = rows.iter().map(|sides| (label(sides), sides.map(|side| side.map(pair))));
    let part = Part::Mirrored { heads: heads(state), rows: drawn.collect() };
    let values = rows.iter().map(|sides| {
        let of = |side: Option<&Candidate>, number: fn(&Candidate) -> f32| {
            Value::from(side.map(number))
        };
        let id = sides[0].or(sides[1]).map(|row| row.token.id);
        vec![
            Value::text(&label(sides)),
            id.into(),
            of(sides[0], |row| row.probability),
            of(sides[0], |row| row.sampled_probability),
            of(sides[1], |row| row.probability),
            of(sides[1], |row| row.sampled_probability),
        ]
    });
    let data = Data { columns: &COLUMNS, rows: values.collect() };
    Some((texts::figures::COMPARISON.into(), part, data))
}

/// The tokens of both sides, if they are of the text on screen.
fn rows(state: &State) -> Option<Vec<[Option<&Candidate>; 2]>> {
    let key = state.text_key();
    match state.comparison.with {
        Other::Text => {
            let (terms, found) = state.comparison.found.as_ref()?;
            let rows = found.candidates.iter();
            let rows = rows.map(|pair| [Some(&pair.first), Some(&pair.second)]);
            (Some(terms.text) == key).then(|| rows.collect())
        }
        _ => {
            let found = state.side.found.as_ref()?;
            let rows = found.rows.iter();
            let rows = rows.map(|row| [row.first.as_ref(), row.second.as_ref()]);
            (Some(found.terms.text) == key).then(|| rows.collect())
        }
    }
}

/// What the sides are.
fn heads(state: &State) -> [String; 2] {
    let comparison = &state.comparison;
    match (&comparison.with, &state.engine.model, &state.side.model) {
        (Other::Text, ..) => {
            let [this, other] = [&state.explorer.prompt, &comparison.typed];
            let other = if other.is_empty() { this } else { other };
            [this.clone(), texts::figures::other_text(other, comparison.temperature)]
        }
        (_, Some(this), Some(other)) => [
            format!("{} {}", this.name, this.precision),
            format!("{} {}", other.name, other.precision),
        ],
        _ => Default::default(),
    }
}
