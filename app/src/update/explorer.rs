//! The Token Explorer: starting, choosing, going back.

use protocol::{Candidate, Command, Failure, ScoredToken, Token};

use super::{Effects, abandon, ask, distribution, play};
use crate::effect::{Effect, Focus};
use crate::format;
use crate::state::{
    Choice, Node, NodeId, Origin, Phase, Problem, Purpose, Startup, State,
};
use crate::words;

/// Takes the prompt as it is now and asks what follows it.
pub(super) fn start(state: &mut State, effects: &mut Effects) {
    if state.explorer.prompt.trim().is_empty() {
        state.error = Some(Problem {
            hint: Some("Type some text for the model to continue.".into()),
            ..Problem::new("The prompt is empty.")
        });
        effects.push(Effect::Focus(Focus::Prompt));
        return;
    }
    if !state.engine.is_ready() {
        state.explorer.startup = Startup::Start;
        if state.engine.phase != Phase::Failed {
            state.announce("The prompt will be started as soon as the model is ready.");
        }
        return;
    }
    state.error = None;
    state.explorer.paced = false;
    abandon(state, |_| true, effects);
    let text = state.explorer.prompt.clone();
    ask(state, Purpose::Tokenize, Command::Tokenize { text }, effects);
}

/// The prompt's tokens are known.
pub(super) fn started(state: &mut State, tokens: Vec<Token>, effects: &mut Effects) {
    let given = |token| Node::given(token, Origin::Prompt);
    state.explorer.tree.restart(tokens.into_iter().map(given));
    state.explorer.back = None;
    distribution::refresh(state, effects);
}

/// There is a model: what waited for one goes on.
pub(super) fn resume(state: &mut State, effects: &mut Effects) {
    if std::mem::take(&mut state.explorer.startup) == Startup::Start {
        start(state, effects);
        return;
    }
    let nodes = state.explorer.tree.path().to_vec();
    if !nodes.is_empty() {
        let ids = state.explorer.tree.ids(nodes.len());
        ask(state, Purpose::Verify(nodes), Command::Score { ids }, effects);
    }
}

/// The model at hand read the text's ids: the text goes on if they mean the same to it.
pub(super) fn verified(
    state: &mut State,
    nodes: &[NodeId],
    tokens: &[ScoredToken],
    effects: &mut Effects,
) {
    let tree = &state.explorer.tree;
    let same = nodes.len() == tokens.len()
        && nodes
            .iter()
            .zip(tokens)
            .all(|(id, scored)| tree.node(*id).token == scored.token);
    if same {
        distribution::scored(state, nodes, tokens);
        distribution::refresh(state, effects);
    } else {
        start_over(state, effects);
    }
}

/// The model at hand could not read the text's ids.
pub(super) fn not_verified(state: &mut State, failure: Failure, effects: &mut Effects) {
    match failure.code {
        protocol::ErrorCode::InvalidToken => start_over(state, effects),
        _ => super::replies::show(state, failure),
    }
}

/// The ids mean something else to this model; the prompt's text still is a prompt.
fn start_over(state: &mut State, effects: &mut Effects) {
    state.explorer.tree = Default::default();
    state.explorer.back = None;
    state.explorer.shown = None;
    if !state.explorer.prompt.trim().is_empty() {
        state.announce("This model has other tokens: the prompt was started again.");
        start(state, effects);
    }
}

/// Appends the candidate of a row.
pub(super) fn pick(state: &mut State, row: usize, effects: &mut Effects) {
    let candidate = state
        .explorer
        .current()
        .and_then(|distribution| distribution.candidates.get(row).cloned());
    match candidate {
        Some(candidate) => append(state, candidate, Origin::Picked, effects),
        None => distribution::refresh(state, effects),
    }
}

/// Appends the most probable candidate.
pub(super) fn greedy(state: &mut State, effects: &mut Effects) {
    let candidate = state
        .explorer
        .current()
        .and_then(|distribution| distribution.candidates.first().cloned());
    match candidate {
        Some(candidate) => append(state, candidate, Origin::Greedy, effects),
        None => distribution::refresh(state, effects),
    }
}

/// Appends what the sampler drew.
pub(super) fn sample(state: &mut State, effects: &mut Effects) {
    let sampled =
        state.explorer.current().map(|distribution| distribution.sampled.clone());
    match sampled {
        Some(candidate) => append(state, candidate, Origin::Sampled, effects),
        None => distribution::refresh(state, effects),
    }
}

/// Appends a candidate of the distribution in view, at its place.
pub(super) fn append(
    state: &mut State,
    candidate: Candidate,
    origin: Origin,
    effects: &mut Effects,
) {
    let Some(distribution) = state.explorer.current().cloned() else { return };
    let position = state.explorer.position();
    if let Some(limit) = context_limit(state).filter(|limit| position >= *limit) {
        state.error = Some(context_full(limit));
        return;
    }
    state.announce(format!(
        "{}, {}",
        words::spoken(&candidate.token),
        format::spoken_percent(candidate.probability)
    ));
    let node = Node::chosen(Choice { candidate, distribution }, origin);
    state.explorer.tree.branch(position, node);
    state.explorer.back = None;
    distribution::refresh(state, effects);
}

/// One step back in the history.
pub(super) fn undo(state: &mut State, effects: &mut Effects) {
    walk(state, effects, |state| state.explorer.tree.undo());
}

/// One step forward again.
pub(super) fn redo(state: &mut State, effects: &mut Effects) {
    walk(state, effects, |state| state.explorer.tree.redo());
}

fn walk(state: &mut State, effects: &mut Effects, step: impl FnOnce(&mut State) -> bool) {
    play::stop(state, effects);
    abandon(state, |purpose| *purpose == Purpose::Tokenize, effects);
    if step(state) {
        state.explorer.back = None;
        let last = state.explorer.tree.nodes().next_back();
        let text = match last {
            Some(node) => format!("The text ends with {}.", words::spoken(&node.token)),
            None => "The text is empty.".into(),
        };
        state.announce(text);
    }
    distribution::refresh(state, effects);
}

/// Takes the text away. Nothing that is still under way is drawn.
pub(super) fn reset(state: &mut State, effects: &mut Effects) {
    let explorer_s =
        |purpose: &Purpose| !matches!(purpose, Purpose::Model | Purpose::Chat);
    state.explorer.paced = false;
    abandon(state, explorer_s, effects);
    state.explorer.tree.clear();
    state.explorer.back = None;
    state.explorer.shown = None;
    state.explorer.startup = Startup::Resume;
    state.engine.last_step = None;
    state.error = None;
    state.announce("The text was reset. Undo brings it back.");
    effects.push(Effect::Focus(Focus::Prompt));
}

/// Shows the distribution that a token came from.
pub(super) fn look_back(state: &mut State, index: usize, effects: &mut Effects) {
    let Some(node) = state.explorer.tree.at(index) else { return };
    let text =
        format!("Looking back at token {}, {}.", index + 1, words::spoken(&node.token));
    play::stop(state, effects);
    state.explorer.back = Some(index);
    state.announce(text);
    distribution::remember(state, effects);
}

/// Shows what follows the end of the text again.
pub(super) fn come_back(state: &mut State, effects: &mut Effects) {
    if state.explorer.back.take().is_some() {
        state.announce("At the end of the text again.");
        distribution::refresh(state, effects);
    }
}

/// Looks back at the token that is `by` further on; past the last one is the end.
pub(super) fn move_along(state: &mut State, by: i32, effects: &mut Effects) {
    let end = state.explorer.tree.path().len();
    let from = state.explorer.back.unwrap_or(end);
    let to = from.saturating_add_signed(by as isize);
    if to < end {
        look_back(state, to, effects);
        effects.push(Effect::Focus(Focus::Token(to)));
    } else {
        come_back(state, effects);
        effects.push(Effect::Focus(Focus::Row(state.selected_row)));
    }
}

/// The running text, with the characters that its tokens make together.
pub(super) fn text(state: &State) -> String {
    let mut bytes = Vec::new();
    for node in state.explorer.tree.nodes() {
        bytes.extend_from_slice(&node.token.bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many tokens the model can take.
pub(super) fn context_limit(state: &State) -> Option<usize> {
    state.engine.model.as_ref().map(|model| model.context_length as usize)
}

/// What is said when no token fits any more.
pub(super) fn context_full(limit: usize) -> Problem {
    Problem {
        hint: Some("Go back some tokens, or start with a shorter prompt.".into()),
        ..Problem::new(format!(
            "The model's context of {} tokens is full.",
            format::count(limit as u64)
        ))
    }
}
