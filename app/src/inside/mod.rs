//! What the tool Inside shows of what was found, worked out from the state: the same table is
//! drawn, read out and saved.

mod attention;
mod attribution;
mod lens;
mod occlusion;
mod table;

pub(crate) use table::{Heat, Table};

use protocol::{inspection_units, tokens_to_read};

use crate::state::{InsideAnswer, InsideView, State, Step};
use crate::texts;

/// What the tool shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InsideModel {
    /// What the view shows, and what it does not prove.
    pub(crate) about: String,
    /// What the worked example asks; empty if it is not on.
    pub(crate) lesson: String,
    /// What is under way, or wrong, or adds up.
    pub(crate) note: String,
    /// What removing parts costs.
    pub(crate) cost: String,
    /// Whether the engine is at work for it.
    pub(crate) running: bool,
    pub(crate) table: Table,
    /// The text, shaded.
    pub(crate) heat: Vec<Heat>,
}

impl InsideModel {
    /// What is shown of a state.
    pub(crate) fn of(state: &State) -> InsideModel {
        let Some((target, _)) = state.inside_tokens() else {
            return InsideModel {
                note: texts::inside::NOTHING.into(),
                ..Default::default()
            };
        };
        let view = state.inside.view;
        let is_lesson = state.inside.lesson && view == InsideView::Lens;
        let mut model = InsideModel {
            about: texts::inside::about(view, target),
            lesson: if is_lesson { texts::inside::lesson(target) } else { String::new() },
            running: state.inspecting().is_some(),
            ..Default::default()
        };
        if view == InsideView::Occlusion {
            model.cost = cost(state);
        }
        let question = state.inside_question();
        let answer = question.as_ref().and_then(|question| state.inside.answer(question));
        match answer {
            Some(InsideAnswer { problem: Some(problem), .. }) => {
                model.note = problem.clone();
            }
            Some(answer) => fill(&mut model, state, answer),
            None if view == InsideView::Occlusion => {
                model.note = texts::inside::NOT_REMOVED.into();
            }
            None => model.note = texts::inside::LOOKING.into(),
        }
        model
    }

    /// The table as comma-separated values.
    pub(crate) fn csv(&self) -> String {
        self.table.csv()
    }
}

fn fill(model: &mut InsideModel, state: &State, answer: &InsideAnswer) {
    let tokens = state.tokens_in_view();
    let findings = &answer.findings;
    match state.inside.view {
        InsideView::Lens if state.inside.several => {
            model.table = lens::positions(findings, &tokens);
        }
        InsideView::Lens => model.table = lens::layers(findings),
        InsideView::Attention => {
            let (table, heat, note) = attention::of(&state.inside, findings, &tokens);
            (model.table, model.heat, model.note) = (table, heat, note);
        }
        InsideView::Occlusion => {
            let (table, heat, note) = occlusion::of(findings, &tokens);
            (model.table, model.heat, model.note) = (table, heat, note);
        }
        InsideView::Attribution => {
            (model.table, model.note) = attribution::of(findings);
        }
    }
    if findings.is_empty() {
        model.note = texts::inside::LOOKING.into();
    }
}

/// What it costs to remove the parts of the text, in tokens and, where the last reading was
/// measured, in time.
fn cost(state: &State) -> String {
    let Some(question) = state.inside_question() else { return String::new() };
    let protocol::Inspection::Occlusion { unit, from, .. } = question.inspection else {
        return String::new();
    };
    let tokens: Vec<_> = state.tokens_in_view().into_iter().cloned().collect();
    let mut units = inspection_units(&tokens, unit, from as usize);
    units.retain(|unit| *unit != (0..tokens.len()));
    let read = tokens_to_read(&units, tokens.len());
    let per_token = match state.engine.last_step {
        Some(Step::Prefill { tokens, ms } | Step::Decode { tokens, ms })
            if tokens > 0 =>
        {
            Some(f64::from(ms) / f64::from(tokens))
        }
        _ => None,
    };
    let seconds = per_token.map(|ms| ms * read as f64 / 1000.0);
    texts::inside::cost(units.len() as u64, read, seconds)
}
