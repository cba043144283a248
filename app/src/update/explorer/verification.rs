//! Checking that the text's ids are the same tokens to the model, which may be another one
//! than the model that tokenized it.

use protocol::{ErrorCode, Failure, ScoredToken, TokenizeOptions};

use super::prompt::{start, tokenize};
use super::text_requests::{request_distribution, request_verification};
use crate::state::{NodeId, State, VocabularyMatch, WhenReady};
use crate::texts::explorer as texts;
use crate::update::requests::Effects;

/// Continues once a model is ready: starts from the prompt, or checks the text.
pub(crate) fn resume(state: &mut State, effects: &mut Effects) {
    match std::mem::take(&mut state.explorer.when_ready) {
        WhenReady::Start => start(state, effects),
        WhenReady::Resume => request_verification(state, true, effects),
    }
}

/// Goes on with the text if the model has the same tokens.
pub(crate) fn on_verified(
    state: &mut State,
    nodes: &[NodeId],
    tokens: &[ScoredToken],
    tokenize_again: bool,
    effects: &mut Effects,
) {
    let Some(model) = state.engine.model_id() else { return };
    let tree = &mut state.explorer.tree;
    let same = nodes
        .iter()
        .zip(tokens)
        .take_while(|(id, scored)| tree.node(**id).token == scored.token)
        .count();
    if same == nodes.len() {
        tree.confirm(nodes, model);
        tree.set_scores(nodes, model, tokens);
        request_distribution(state, effects);
    } else {
        on_different_token(state, nodes[same], tokenize_again, effects);
    }
}

/// Takes a failure to score the text's ids: the model may have no token of that id.
pub(crate) fn on_verification_failed(
    state: &mut State,
    nodes: &[NodeId],
    failure: Failure,
    tokenize_again: bool,
    effects: &mut Effects,
) {
    match (failure.code, nodes.last()) {
        (ErrorCode::InvalidToken, Some(last)) => {
            on_different_token(state, *last, tokenize_again, effects);
        }
        _ => state.error = Some(failure.into()),
    }
}

/// The model has another token, or none, under the id of `node`. With `tokenize_again`, the
/// model tokenizes the text's characters, and the old tokens stay in the history.
fn on_different_token(
    state: &mut State,
    node: NodeId,
    tokenize_again: bool,
    effects: &mut Effects,
) {
    let length = state.explorer.tree.path().len();
    let Some(mut model) = state.engine.model_id() else { return };
    if state.explorer.tree.vocabulary_match(model, length) == VocabularyMatch::Same {
        // It was identified as a model that these tokens are known to be of.
        state.engine.tell_apart();
        model = state.engine.model_id().unwrap_or(model);
    }
    state.explorer.tree.reject(node, model);
    if !tokenize_again {
        return;
    }
    let text = state.explorer.text();
    if text.is_empty() {
        state.explorer.tree.clear();
        state.explorer.look_back = None;
    } else {
        tokenize(state, text, TokenizeOptions::default(), effects);
    }
    state.notify(texts::DIVIDED_ANEW);
}
