//! The distribution in view.

use protocol::Candidate;
use sharing::picture::{Pair, Part};

use super::data::{Data, Value};
use crate::format;
use crate::scale::Axis;
use crate::state::{About, InView, State};
use crate::texts::{self, panel, tokens};

const COLUMNS: [&str; 7] = ["rank", "token", "id", "logit", "p", "q", "cut_by"];

pub(super) fn of(state: &State) -> Option<(String, Part, Data)> {
    let view = state.in_view()?;
    let seen = view.distribution;
    let axis = Axis::new(state.knobs.scale, seen);
    let pair = |label: &str, p: f32, q: f32, note: String| Pair {
        label: label.to_owned(),
        shares: [axis.length(p) as f32, axis.length(q) as f32],
        values: [format::percent(p), format::percent(q)],
        note,
    };
    let row = |row: &Candidate| {
        let (p, q) = (row.probability, row.sampled_probability);
        pair(&row.token.text, p, q, note(&view, row))
    };
    let mut pairs: Vec<Pair> = seen.candidates.iter().map(row).collect();
    let outside = &seen.outside;
    if outside.tokens > 0 {
        let label = texts::tokens::other_row(outside.tokens);
        let (p, q) = (outside.probability, outside.sampled_probability);
        pairs.push(pair(&label, p, q, String::new()));
    }
    let rows = seen.candidates.iter().map(values).collect();
    Some((title(state, &view), Part::Pairs(pairs), Data { columns: &COLUMNS, rows }))
}

fn title(state: &State, view: &InView) -> String {
    match view.about {
        About::Next => panel::next_token(state.explorer.position() + 1),
        About::LookedBack(at) | About::LastToken(at) => panel::looking_back(at + 1),
        About::Reply(at) => panel::looking_back(at.token + 1),
    }
}

/// What the page says at a row.
fn note(view: &InView, row: &Candidate) -> String {
    let drawn = Some(&view.distribution.sampled).filter(|_| view.shows_draw);
    let mark = match (view.chosen, drawn) {
        (Some(chosen), _) if chosen.token.id == row.token.id => tokens::CHOSEN.get(),
        (None, Some(drawn)) if drawn.token.id == row.token.id => tokens::SAMPLED.get(),
        _ => "",
    };
    let cut = row.cut_by.and_then(texts::sampler::cut).unwrap_or_default();
    match (mark, cut.as_str()) {
        (mark, "") => mark.into(),
        ("", cut) => cut.into(),
        (mark, cut) => format!("{mark} · {cut}"),
    }
}

fn values(row: &Candidate) -> Vec<Value> {
    let cut = row.cut_by.and_then(texts::sampler::cut);
    vec![
        row.rank.into(),
        Value::text(&row.token.text),
        row.token.id.into(),
        row.logit.into(),
        row.probability.into(),
        row.sampled_probability.into(),
        cut.map_or(Value::None, |cut| Value::text(&cut)),
    ]
}
