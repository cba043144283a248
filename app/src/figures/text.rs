//! A text with a tint for each token: the running text, or one that was scored.

use protocol::{Token, TokenScore};
use sharing::picture::{Part, Shaded};

use super::data::{Data, Value};
use crate::state::{Heat, State};
use crate::surprise;
use crate::texts;

const COLUMNS: [&str; 7] =
    ["token", "id", "p", "rank", "surprisal_bits", "entropy_bits", "best_p"];

/// The levels of a tint.
const LEVELS: f32 = 5.0;

pub(super) fn of_running_text(state: &State) -> Option<(String, Part, Data)> {
    let model = state.engine.model_id();
    let nodes = state.explorer.tree.nodes();
    let scored = nodes.map(|node| (&node.token, node.score_by(model)));
    // As the underlines on screen.
    let level = |score: TokenScore| surprise::level(score.surprisal_bits);
    of(scored.collect(), level, Heat::Surprisal)
}

pub(super) fn of_scored_text(state: &State) -> Option<(String, Part, Data)> {
    let text = state.scores.text.as_ref();
    let text = text.filter(|text| Some(text.model) == state.engine.model_id())?;
    let scored = text.tokens.iter().map(|scored| (&scored.token, scored.score));
    let heat = state.scores.heat;
    of(scored.collect(), |score| heat.level(score), heat)
}

fn of(
    scored: Vec<(&Token, Option<TokenScore>)>,
    level: impl Fn(TokenScore) -> u8,
    heat: Heat,
) -> Option<(String, Part, Data)> {
    if scored.is_empty() {
        return None;
    }
    let shaded = |(token, score): &(&Token, Option<TokenScore>)| Shaded {
        text: token.text.clone(),
        share: score.map_or(0.0, |score| f32::from(level(score)) / LEVELS),
    };
    let rows = scored.iter().map(|(token, score)| {
        let of = |number: fn(TokenScore) -> f32| Value::from(score.map(number));
        vec![
            Value::text(&token.text),
            token.id.into(),
            of(|score| score.probability),
            score.map(|score| score.rank).into(),
            of(|score| score.surprisal_bits),
            of(|score| score.entropy_bits),
            of(|score| score.best_probability),
        ]
    });
    let data = Data { columns: &COLUMNS, rows: rows.collect() };
    let part = Part::Text(scored.iter().map(shaded).collect());
    Some((texts::figures::heat(heat).into(), part, data))
}
