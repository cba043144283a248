//! What a trace has of the open tool, shown as if an engine had just said it.

use protocol::{Event, Growth};
use sharing::{Apart, Asked};

use super::{comparison, draws, inside, scores, words};
use crate::state::{
    Bets, CameTo, Guess, Heat, InsideView, NumberCheck, Other, OtherText, SideResult,
    SideTerms, State, TrialTerms,
};
use crate::update::requests::Effects;

/// Shows what a tool was asked, and what the engine said. The text is on screen already.
pub(in crate::update) fn show_recorded(
    state: &mut State,
    asked: Asked,
    events: Vec<Event>,
    effects: &mut Effects,
) {
    match asked {
        // Replies are of the conversation.
        Asked::Reply { .. } => {}
        Asked::Words { watched, typed } => {
            (state.words.watched, state.words.query) = (watched, typed);
            let Some(terms) = words::wanted(state) else { return };
            state.words.asked = Some(terms.clone());
            for event in events {
                words::on_event(state, terms.clone(), event);
            }
        }
        Asked::Score { typed, heat } => {
            state.scores.typed = typed;
            state.scores.heat = Heat::named(&heat).unwrap_or_default();
            for event in events {
                scores::on_event(state, event, effects);
            }
        }
        Asked::Compare { typed, temperature, top_p } => {
            let model = state.engine.model_id();
            let other = model.filter(|_| !typed.is_empty()).map(|model| OtherText {
                model,
                // Nothing is computed, so nobody asks for them.
                ids: Vec::new(),
                appended: String::new(),
            });
            let comparison = &mut state.comparison;
            (comparison.typed, comparison.other) = (typed, other);
            (comparison.temperature, comparison.top_p) = (temperature, top_p);
            (comparison.with, comparison.wanted) = (Other::Text, true);
            comparison.problem = None;
            let Some(terms) = comparison::wanted(state) else { return };
            state.comparison.asked = Some(terms.clone());
            for event in events {
                comparison::on_event(state, Some(terms.clone()), event);
            }
        }
        Asked::Inside {
            view,
            several,
            layer,
            head,
            with_first,
            matrix,
            unit,
            rivals,
        } => {
            let model = state.engine.model_id();
            let inside = &mut state.inside;
            let named = InsideView::ALL.into_iter().find(|known| known.name() == view);
            inside.view = named.unwrap_or_default();
            (inside.several, inside.matrix, inside.unit) = (several, matrix, unit);
            (inside.layer, inside.head) = (layer as usize, head as usize);
            (inside.with_first, inside.lesson) = (with_first, false);
            let rivals = rivals.into_iter().filter_map(|rival| Some((model?, rival)));
            inside.rivals = rivals.collect();
            let Some(question) = state.inside_question() else { return };
            state.inside.begin(question.clone());
            for event in events {
                inside::on_event(state, &question, event);
            }
            if let Some(answer) = state.inside.answer_mut(&question) {
                answer.ended = true;
            }
        }
        Asked::Draws { draws, round } => {
            (state.trials.draws, state.trials.round) = (draws, round);
            let (Some(text), Some(seen)) = (state.text_key(), state.current()) else {
                return;
            };
            let settings = seen.settings.clone();
            let terms = TrialTerms { text, settings, draws, round };
            state.trials.asked = Some(terms.clone());
            for event in events {
                draws::on_event(state, terms.clone(), event);
            }
        }
        Asked::Verify => {
            for event in events {
                if let (Event::Verified(check), Some(text)) =
                    (event, state.text_in_view())
                {
                    state.number_check = Some(NumberCheck::new(text, *check));
                }
            }
        }
        Asked::Grow { growth } => {
            let branches = &mut state.branches;
            (branches.growth, branches.came_to) = (growth, CameTo::Nothing);
            branches.grown.clear();
            for event in events {
                if let Event::Grown(Growth { nodes, limited, .. }) = event {
                    branches.came_to = CameTo::Grown { nodes, limited };
                }
            }
        }
        Asked::Engines { with, model, temperature, top_p, apart } => {
            let comparison = &mut state.comparison;
            comparison.with = Other::named(&with).unwrap_or(Other::Model);
            (comparison.model, comparison.wanted) = (model, false);
            (comparison.temperature, comparison.top_p) = (temperature, top_p);
            show_engines(state, events, apart);
        }
        Asked::Guess { chips, revealed, rounds, player, model } => {
            let (Some(text), Some(seen)) = (state.text_key(), state.current()) else {
                return;
            };
            let mut bets = Bets::on(text, seen);
            if bets.rows.len() == chips.len() {
                bets.chips = chips;
            }
            bets.outcome = revealed.then(|| bets.outcome_of(seen.sampled.token.id));
            state.guess = Guess { bets: Some(bets), rounds, player, model };
        }
    }
}

/// Shows two engines side by side, neither of which runs.
fn show_engines(state: &mut State, events: Vec<Event>, apart: Option<Apart>) {
    let mut events = events.into_iter();
    let (
        Some(Event::Ready(other)),
        Some(Event::Distribution(first)),
        Some(Event::Distribution(second)),
        Some(text),
    ) = (events.next(), events.next(), events.next(), state.text_key())
    else {
        return;
    };
    let settings = first.settings.clone();
    let terms = SideTerms {
        text,
        other_settings: state.comparison.other_settings(&settings),
        settings,
        rows: state.knobs.rows,
        generation: state.side.generation,
    };
    state.side.model = Some(other);
    state.side.found = Some(SideResult::new(terms, [first, second], apart));
}
