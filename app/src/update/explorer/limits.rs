//! Whether a token can be appended to the text.

use crate::state::{Problem, State, VocabularyMatch};
use crate::texts::{explorer, tokens};

/// Says why no token can be appended now. False if one can.
pub(super) fn cannot_append(state: &mut State) -> bool {
    let length = state.explorer.tree.path().len();
    let model = state.engine.model_id();
    let vocabulary =
        model.map(|model| state.explorer.tree.vocabulary_match(model, length));
    let reason = match vocabulary {
        _ if length == 0 => explorer::NO_TEXT.into(),
        None => explorer::NOT_READY.into(),
        Some(VocabularyMatch::Different) => tokens::other_tokens(&state.maker()),
        Some(VocabularyMatch::Unchecked) => explorer::STILL_READING.into(),
        Some(VocabularyMatch::Same) if state.engine.is_ready() => return false,
        Some(VocabularyMatch::Same) => explorer::NOT_READY.into(),
    };
    state.notify(reason);
    true
}

/// Shows a problem if a text of `length` tokens does not fit into the model's context.
/// False if it fits.
pub(super) fn exceeds_context(state: &mut State, length: usize) -> bool {
    let limit = state.engine.context_length().filter(|limit| length > *limit);
    if let Some(limit) = limit {
        show_context_full(state, limit);
    }
    limit.is_some()
}

/// Shows the problem that the model's context is full.
pub(super) fn show_context_full(state: &mut State, limit: usize) {
    state.show_problem(Problem::with_hint(
        explorer::context_full(limit),
        explorer::SHORTEN,
    ));
}
