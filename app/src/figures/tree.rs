//! All texts of the visit as stretches between forks.

use sharing::picture::{Part, TreeRow};

use super::data::{Data, Value};
use crate::state::{State, Stretch, log_probability_of, stretches_of};
use crate::texts;

const COLUMNS: [&str; 5] = ["depth", "text", "p_first", "ln_p_whole", "current"];

/// The characters of a stretch that are shown at each end of it.
const SHOWN_CHARACTERS: usize = 32;

pub(super) fn of(state: &State) -> Option<(String, Part, Data)> {
    let (stretches, _) = stretches_of(&state.explorer.tree);
    if stretches.is_empty() {
        return None;
    }
    let row = |stretch: &Stretch| TreeRow {
        depth: stretch.depth as u32,
        text: text_of(state, stretch),
        value: numbers_of(state, stretch).1,
        current: stretch.current,
    };
    let rows = stretches.iter().map(|stretch| {
        let (first, whole) = probabilities(state, stretch);
        vec![
            Value::from(stretch.depth as u32),
            Value::text(&whole_text(state, stretch)),
            first.into(),
            whole.into(),
            Value::text(if stretch.current { "yes" } else { "no" }),
        ]
    });
    let data = Data { columns: &COLUMNS, rows: rows.collect() };
    let part = Part::Tree(stretches.iter().map(row).collect());
    Some((texts::figures::TREE.into(), part, data))
}

/// The text of a stretch; of a long one its two ends.
pub(crate) fn text_of(state: &State, stretch: &Stretch) -> String {
    let text: Vec<char> = whole_text(state, stretch).chars().collect();
    let ends = 2 * SHOWN_CHARACTERS;
    if text.len() <= ends {
        return text.into_iter().collect();
    }
    let (start, end) =
        (&text[..SHOWN_CHARACTERS], &text[text.len() - SHOWN_CHARACTERS..]);
    start.iter().chain([' ', '…', ' '].iter()).chain(end).collect()
}

/// The probability of a stretch's first token, and both numbers of the stretch as text.
pub(crate) fn numbers_of(state: &State, stretch: &Stretch) -> (Option<f32>, String) {
    let (first, whole) = probabilities(state, stretch);
    (first, texts::branches::numbers(first, whole))
}

fn whole_text(state: &State, stretch: &Stretch) -> String {
    let tree = &state.explorer.tree;
    stretch.nodes.iter().map(|id| tree.node(*id).token.text.as_str()).collect()
}

/// The probability of its first token, and ln of that of the text up to its end.
fn probabilities(state: &State, stretch: &Stretch) -> (Option<f32>, Option<f64>) {
    let (tree, model) = (&state.explorer.tree, state.engine.model_id());
    let first = stretch.nodes.first().and_then(|id| tree.node(*id).score_by(model));
    let last = stretch.nodes.last();
    let whole = last.and_then(|end| log_probability_of(tree, *end, model));
    (first.map(|score| score.probability), whole)
}
