//! Starting from the prompt.

use protocol::{Command, Token};

use super::text_requests::request_distribution;
use crate::effect::{Effect, Focus};
use crate::state::{Node, Problem, Purpose, Readiness, State, TokenOrigin, WhenReady};
use crate::update::requests::{Effects, cancel, send};
use crate::update::stopping::free_model;

/// Tokenizes the prompt, now or once the model is ready.
pub(crate) fn start(state: &mut State, effects: &mut Effects) {
    if state.explorer.prompt.is_empty() {
        state.show_problem(Problem::with_hint(
            "The prompt is empty.",
            "Type some text for the model to continue.",
        ));
        effects.push(Effect::Focus(Focus::Prompt));
        return;
    }
    if !state.engine.is_ready() {
        state.explorer.when_ready = WhenReady::Start;
        if state.engine.readiness != Readiness::Failed {
            state.notify("The prompt will run as soon as the model is ready.");
        }
        return;
    }
    let text = state.explorer.prompt.clone();
    tokenize(state, text, effects);
}

/// Requests the tokens of a text, which become the explorer's text.
pub(super) fn tokenize(state: &mut State, text: String, effects: &mut Effects) {
    free_model(state, effects);
    send(
        state,
        Purpose::Tokenize,
        Command::Tokenize { text, options: Default::default() },
        effects,
    );
}

/// Makes the tokens the explorer's text and requests what follows them.
pub(crate) fn on_tokenized(state: &mut State, tokens: Vec<Token>, effects: &mut Effects) {
    if tokens.is_empty() {
        state.show_problem(Problem::with_hint(
            "This model makes no tokens of that text.",
            "Type some more, then start again.",
        ));
        return;
    }
    // What plays goes on with the text that is replaced.
    cancel(state, |purpose| *purpose == Purpose::Play, effects);
    let model = state.engine.model_id();
    let given = |token| Node::given(token, TokenOrigin::Prompt, model);
    state.explorer.tree.restart(tokens.into_iter().map(given));
    state.explorer.look_back = None;
    request_distribution(state, effects);
}
