//! The distribution in view: shown when it comes, and requested again as knobs are turned.

use std::rc::Rc;

use protocol::Distribution;

use super::play::{change_pace, schedule_next};
use super::text_requests::{current_terms, request_distribution, request_scores};
use crate::state::{DistributionTerms, Knob, State, Tab};
use crate::update::requests::Effects;

/// Shows a distribution if it is of the text in view. Then requests the newest terms if they
/// differ, and otherwise continues with paced play or with scores.
pub(crate) fn on_distribution(
    state: &mut State,
    terms: DistributionTerms,
    distribution: Distribution,
    effects: &mut Effects,
) {
    if Some(terms.text) == state.text_key() {
        state.show_distribution(terms.text, Rc::new(distribution));
    }
    if current_terms(state).is_some_and(|current| current != terms) {
        request_distribution(state, effects);
    } else if state.explorer.paced_play {
        schedule_next(state, effects);
    } else {
        request_scores(state, effects);
    }
}

/// Applies a knob to the distribution in view.
pub(crate) fn on_knob_turned(state: &mut State, knob: Knob, effects: &mut Effects) {
    match knob {
        Knob::ChatTemperature | Knob::MaxNewTokens => {}
        Knob::Pace => change_pace(state, effects),
        _ if state.requests.playing() => state.explorer.restart_play = true,
        _ if state.tab == Tab::Explorer => request_distribution(state, effects),
        // The explorer catches up when its tab is shown.
        _ => {}
    }
}
