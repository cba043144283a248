//! What the page requests about the text: the distribution of its next token, scores of its
//! tokens, and whether its ids are tokens of the model. At most one distribution is requested
//! at a time; when it has come, the newest settings are requested.

use protocol::Command;

use super::limits::exceeds_context;
use crate::state::{
    DistributionTerms, NodeId, Purpose, Readiness, State, VocabularyMatch,
};
use crate::update::requests::{Effects, cancel, send};

/// Requests the distribution in view, unless one of the same text is on its way.
pub(crate) fn request_distribution(state: &mut State, effects: &mut Effects) {
    if state.engine.readiness == Readiness::Recorded {
        return show_recorded(state);
    }
    if !state.engine.is_ready() || is_text_changing(state) {
        return;
    }
    let Some(terms) = current_terms(state) else {
        cancel_distribution(state, effects);
        return;
    };
    match state.requests.distribution() {
        Some(open) if open.text == terms.text => return,
        _ => cancel_distribution(state, effects),
    };
    // Scores can wait: they are requested again when there is nothing else to do.
    cancel(state, |purpose| matches!(purpose, Purpose::Score(_)), effects);
    match state.explorer.tree.vocabulary_match(terms.text.model, usize::MAX) {
        VocabularyMatch::Same => {}
        // The panel says that these are tokens of another model.
        VocabularyMatch::Different => return,
        VocabularyMatch::Unchecked => return request_verification(state, false, effects),
    }
    let position = state.explorer.position();
    if exceeds_context(state, position) {
        return;
    }
    let command = Command::NextToken {
        ids: state.explorer.tree.ids(position),
        settings: terms.settings.clone(),
        candidates: terms.rows,
        watch: state.explorer.looked_at().map(|node| node.token.id).into_iter().collect(),
    };
    send(state, Purpose::Distribution(terms), command, effects);
}

/// Shows what was recorded of the text in view: with it, or with a token that was chosen after it.
fn show_recorded(state: &mut State) {
    let Some(text) = state.text_key() else { return };
    let tree = &state.explorer.tree;
    let mut chosen = tree.children(Some(text.tail)).iter();
    let known = chosen.find_map(|id| {
        let choice = tree.node(*id).choice_by(Some(text.model))?;
        Some(choice.distribution.clone())
    });
    let recorded = state.sharing.recorded(text).cloned();
    if let Some(distribution) = recorded.or(known) {
        state.show_distribution(text, distribution);
    }
}

/// Requests the distribution in view if the knobs were turned while it was hidden.
pub(crate) fn request_if_outdated(state: &mut State, effects: &mut Effects) {
    let settings = state.sampler();
    let rows = state.knobs.rows as usize;
    let is_fresh = state.current().is_some_and(|distribution| {
        distribution.settings == settings
            && distribution.candidates.len() == rows.min(distribution.vocab_size as usize)
    });
    if !is_fresh && !state.playing() {
        request_distribution(state, effects);
    }
}

/// Cancels the request of a distribution.
pub(super) fn cancel_distribution(state: &mut State, effects: &mut Effects) {
    cancel(state, |purpose| matches!(purpose, Purpose::Distribution(_)), effects);
}

/// What a distribution would be requested for now; none without a text or a model.
pub(super) fn current_terms(state: &State) -> Option<DistributionTerms> {
    let text = state.text_key()?;
    let (settings, rows) = (state.sampler(), state.knobs.rows);
    Some(DistributionTerms { text, settings, rows })
}

/// Requests the scores of the text that are not known yet.
pub(super) fn request_scores(state: &mut State, effects: &mut Effects) {
    let model = state.engine.model_id();
    let path = state.explorer.tree.path();
    let unscored = |id: &NodeId| state.explorer.tree.node(*id).score_by(model).is_none();
    // The first token has no context and so no score.
    let last = path.iter().skip(1).rposition(unscored).map(|index| index + 1);
    let is_requested = state.requests.any(|purpose| matches!(purpose, Purpose::Score(_)));
    if let Some(last) = last.filter(|_| !is_requested) {
        let nodes = path[..=last].to_vec();
        let ids = state.explorer.tree.ids(nodes.len());
        send(state, Purpose::Score(nodes), Command::Score { ids }, effects);
    }
}

/// Requests whether the text's ids are the same tokens to the model. If they are not, the
/// text is tokenized again with `tokenize_again`.
pub(super) fn request_verification(
    state: &mut State,
    tokenize_again: bool,
    effects: &mut Effects,
) {
    let nodes = state.explorer.tree.path().to_vec();
    if !nodes.is_empty() {
        let ids = state.explorer.tree.ids(nodes.len());
        let purpose = Purpose::Verify { nodes, tokenize_again };
        send(state, purpose, Command::Score { ids }, effects);
    }
}

/// Whether the text is about to change, so that nothing is requested about it.
pub(crate) fn is_text_changing(state: &State) -> bool {
    let changes = |purpose: &Purpose| {
        let to_come = matches!(purpose, Purpose::Tokenize | Purpose::Session(_));
        to_come || matches!(purpose, Purpose::Verify { .. })
    };
    state.requests.any(changes) || state.requests.playing()
}
