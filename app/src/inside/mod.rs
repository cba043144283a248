//! What the tool Inside shows of what was found, worked out from the state: the same table is
//! drawn, read out and saved.

mod attention;
mod attribution;
mod head;
mod lens;
mod occlusion;
mod picture;
mod table;

pub(crate) use table::{Heat, Shape, Table};

use protocol::{Inspection, TokenId, inspection_units, tokens_to_read};

use crate::state::{InsideAnswer, InsideView, Readiness, State, Step};
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
    /// The tokens that can be compared with, each with its text.
    pub(crate) rivals: Vec<(TokenId, String)>,
    /// Those of them which the person has chosen, the last first.
    pub(crate) chosen: Vec<(TokenId, String)>,
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
            rivals: rivals(state, target.id),
            chosen: state
                .chosen_rivals()
                .map(|rival| (rival.id, rival.text.clone()))
                .collect(),
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
            Some(answer) => model.table = fill(&mut model, state, answer),
            None if view == InsideView::Occlusion => {
                model.note = texts::inside::NOT_REMOVED.into();
            }
            None if state.engine.readiness == Readiness::Recorded => {
                model.note = texts::sharing::ONLY_RECORDED.into();
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

/// Fills in what was found, and returns it as a table.
fn fill(model: &mut InsideModel, state: &State, answer: &InsideAnswer) -> Table {
    let tokens = state.tokens_in_view();
    let findings = &answer.findings;
    if findings.is_empty() {
        model.note = texts::inside::LOOKING.into();
        return Table::default();
    }
    match (state.inside.view, &answer.question.inspection) {
        (_, Inspection::Head { .. }) => {
            let (table, note) = head::of(findings, &tokens);
            model.note = note;
            table
        }
        (InsideView::Lens, _) if state.inside.several => {
            lens::positions(findings, &tokens)
        }
        (InsideView::Lens, _) => lens::layers(findings),
        (InsideView::Attention, _) => {
            let (table, heat, note) = attention::of(&state.inside, findings, &tokens);
            (model.heat, model.note) = (heat, note);
            table
        }
        (InsideView::Occlusion, _) => {
            let (table, heat, note) = occlusion::of(findings, &tokens);
            (model.heat, model.note) = (heat, note);
            table
        }
        (InsideView::Attribution, _) => {
            let (table, note) = attribution::of(findings);
            model.note = note;
            table
        }
    }
}

/// The tokens that the target can be compared with.
fn rivals(state: &State, target: TokenId) -> Vec<(TokenId, String)> {
    let rivals = state.inside_rivals().into_iter();
    let others = rivals.filter(|rival| rival.id != target);
    others.map(|rival| (rival.id, rival.text.clone())).collect()
}

/// What it costs to remove the parts of the text, in tokens and, where the last reading was
/// measured, in time.
fn cost(state: &State) -> String {
    let Some(question) = state.inside_question() else { return String::new() };
    let Inspection::Occlusion { unit, from, .. } = question.inspection else {
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
