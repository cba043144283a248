//! The distribution in view: asked for, drawn, and asked for again as knobs turn. At
//! most one request is under way; when it has come, the newest settings go next.

use std::rc::Rc;

use protocol::{Command, Distribution, ScoredToken};

use super::{Effects, abandon, ask, explorer, play};
use crate::state::{
    DistributionTerms, Knob, ModelId, NodeId, Purpose, State, Tab, TextDistribution,
    TextKey, VocabularyMatch,
};

/// Asks for the distribution in view, unless it is on its way.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let of_distribution = |purpose: &Purpose| matches!(purpose, Purpose::Distribution(_));
    if !state.engine.is_ready() || unsettled(state) {
        return;
    }
    let Some(asked) = wanted(state) else {
        abandon(state, of_distribution, effects);
        return;
    };
    match state.requests.distribution() {
        Some(open) if open.text == asked.text => return,
        _ => abandon(state, of_distribution, effects),
    };
    // Scores can wait; they are asked for again when there is nothing else to do.
    abandon(state, |purpose| matches!(purpose, Purpose::Score(_)), effects);
    let position = state.explorer.position();
    match state.explorer.tree.vocabulary_match(asked.text.model, usize::MAX) {
        VocabularyMatch::Same => {}
        // Its ids are numbers of another vocabulary: the panel says so.
        VocabularyMatch::Different => return,
        VocabularyMatch::Unchecked => return explorer::verify(state, false, effects),
    }
    if let Some(limit) = explorer::context_limit(state).filter(|limit| position > *limit)
    {
        state.show_problem(explorer::context_full(limit));
        return;
    }
    let command = Command::NextToken {
        ids: state.explorer.tree.ids(position),
        settings: asked.settings,
        candidates: asked.rows,
        watch: state.explorer.looked_at().map(|node| node.token.id).into_iter().collect(),
    };
    ask(state, Purpose::Distribution(asked), command, effects);
}

/// Draws an answer if it is about the position in view, and asks for what is wanted by
/// now if that is something else.
pub(super) fn arrived(
    state: &mut State,
    asked: DistributionTerms,
    distribution: Distribution,
    effects: &mut Effects,
) {
    if Some(asked.text) == state.text_key() {
        draw(state, asked.text, Rc::new(distribution));
    }
    if wanted(state).is_some_and(|wanted| wanted != asked) {
        refresh(state, effects);
    } else if state.explorer.paced_play {
        play::schedule(state, effects);
    } else {
        ask_for_scores(state, effects);
    }
}

/// Makes a distribution the one in view.
fn draw(state: &mut State, text: TextKey, distribution: Rc<Distribution>) {
    keep_row(state, &distribution);
    state.explorer.latest = Some(TextDistribution::new(text, distribution));
}

/// Counts a distribution that came into view; the arrow keys stay within its rows.
pub(super) fn keep_row(state: &mut State, distribution: &Distribution) {
    let last = distribution.candidates.len().saturating_sub(1);
    state.selected_row = state.selected_row.min(last);
    state.distributions_shown = state.distributions_shown.wrapping_add(1);
}

/// Shows what the token that is looked back at was chosen from: as it was then, where
/// that is known.
pub(super) fn remember(state: &mut State, effects: &mut Effects) {
    let model = state.engine.model_id();
    let choice = state.explorer.looked_at().and_then(|node| node.choice_by(model));
    let remembered = choice.map(|choice| choice.distribution.clone());
    match (remembered, state.text_key()) {
        (Some(distribution), Some(text)) => {
            abandon(state, |p| matches!(p, Purpose::Distribution(_)), effects);
            draw(state, text, distribution);
        }
        _ => refresh(state, effects),
    }
}

/// Applies a knob to what is in view.
pub(super) fn knob_turned(state: &mut State, knob: Knob, effects: &mut Effects) {
    match knob {
        Knob::ChatTemperature | Knob::MaxNewTokens => {}
        Knob::Pace => play::change_pace(state, effects),
        _ if state.requests.playing() => state.explorer.restart_play = true,
        _ if state.tab == Tab::Explorer => refresh(state, effects),
        // The explorer catches up when it comes to the front.
        _ => {}
    }
}

/// Asks for the distribution in view if the knobs were turned while it was hidden.
pub(super) fn catch_up(state: &mut State, effects: &mut Effects) {
    let settings = state.knobs.sampler();
    let rows = state.knobs.rows as usize;
    let fresh = state.current().is_some_and(|distribution| {
        distribution.settings == settings
            && distribution.candidates.len() == rows.min(distribution.vocab_size as usize)
    });
    if !fresh && !state.playing() {
        refresh(state, effects);
    }
}

/// Takes what a model made of some tokens.
pub(super) fn scored(
    state: &mut State,
    nodes: &[NodeId],
    model: ModelId,
    tokens: &[ScoredToken],
) {
    let scores: Vec<_> = tokens.iter().map(|scored| scored.score).collect();
    state.explorer.tree.score(nodes, model, &scores);
}

/// Asks how surprising the text is, as far as that is not known.
fn ask_for_scores(state: &mut State, effects: &mut Effects) {
    let model = state.engine.model_id();
    let path = state.explorer.tree.path();
    let unscored = |id: &NodeId| state.explorer.tree.node(*id).score_by(model).is_none();
    // The first token has no context, so there is nothing to know about it.
    let last = path.iter().skip(1).rposition(unscored).map(|index| index + 1);
    let asked = state.requests.any(|purpose| matches!(purpose, Purpose::Score(_)));
    if let Some(last) = last.filter(|_| !asked) {
        let nodes = path[..=last].to_vec();
        let ids = state.explorer.tree.ids(nodes.len());
        ask(state, Purpose::Score(nodes), Command::Score { ids }, effects);
    }
}

/// Whether the text is about to be another one, so that nothing is to be asked of it.
fn unsettled(state: &State) -> bool {
    let settling =
        |purpose: &Purpose| matches!(purpose, Purpose::Tokenize | Purpose::Verify { .. });
    state.requests.any(settling) || state.requests.playing()
}

fn wanted(state: &State) -> Option<DistributionTerms> {
    let text = state.text_key()?;
    Some(DistributionTerms {
        text,
        settings: state.knobs.sampler(),
        rows: state.knobs.rows,
    })
}
