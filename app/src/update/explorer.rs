//! The Token Explorer: starting, choosing, going back.

use protocol::{Candidate, Command, Distribution, Failure, ScoredToken, Token};

use super::{Effects, abandon, ask, distribution, play};
use crate::effect::{Effect, Focus};
use crate::format;
use crate::labels;
use crate::state::{
    Node, NodeId, Problem, Purpose, Readiness, State, TokenChoice, TokenOrigin,
    VocabularyMatch, WhenReady,
};

/// Takes the prompt as it is now and asks what follows it.
pub(super) fn start(state: &mut State, effects: &mut Effects) {
    if state.explorer.prompt.is_empty() {
        state.show_problem(Problem {
            hint: Some("Type some text for the model to continue.".into()),
            ..Problem::new("The prompt is empty.")
        });
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

fn tokenize(state: &mut State, text: String, effects: &mut Effects) {
    super::make_way(state, effects);
    ask(state, Purpose::Tokenize, Command::Tokenize { text }, effects);
}

/// The prompt's tokens are known.
pub(super) fn started(state: &mut State, tokens: Vec<Token>, effects: &mut Effects) {
    if tokens.is_empty() {
        state.show_problem(Problem {
            hint: Some("Type some more, then start again.".into()),
            ..Problem::new("This model makes no tokens of that text.")
        });
        return;
    }
    let model = state.engine.model_id();
    let given = |token| Node::given(token, TokenOrigin::Prompt, model);
    state.explorer.tree.restart(tokens.into_iter().map(given));
    state.explorer.look_back = None;
    distribution::refresh(state, effects);
}

/// There is a model: what waited for one goes on.
pub(super) fn resume(state: &mut State, effects: &mut Effects) {
    if std::mem::take(&mut state.explorer.when_ready) == WhenReady::Start {
        start(state, effects);
    } else {
        verify(state, true, effects);
    }
}

/// Asks whether the text's ids mean the same to the model at hand.
pub(super) fn verify(state: &mut State, tokenize_again: bool, effects: &mut Effects) {
    let nodes = state.explorer.tree.path().to_vec();
    if !nodes.is_empty() {
        let ids = state.explorer.tree.ids(nodes.len());
        let purpose = Purpose::Verify { nodes, tokenize_again };
        ask(state, purpose, Command::Score { ids }, effects);
    }
}

/// The model at hand read the text's ids: the text goes on if they mean the same to it.
pub(super) fn verified(
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
        tree.adopt(nodes, model);
        distribution::scored(state, nodes, model, tokens);
        distribution::refresh(state, effects);
    } else {
        refused(state, nodes[same], tokenize_again, effects);
    }
}

/// The model at hand could not read the text's ids.
pub(super) fn not_verified(
    state: &mut State,
    nodes: &[NodeId],
    failure: Failure,
    tokenize_again: bool,
    effects: &mut Effects,
) {
    match (failure.code, nodes.last()) {
        (protocol::ErrorCode::InvalidToken, Some(last)) => {
            refused(state, *last, tokenize_again, effects);
        }
        _ => super::replies::show(state, failure),
    }
}

/// The text's ids mean something else to the model at hand. At a change of model its
/// characters become tokens of the new model, and the old tokens stay in the history.
fn refused(state: &mut State, node: NodeId, tokenize_again: bool, effects: &mut Effects) {
    let length = state.explorer.tree.path().len();
    let Some(mut model) = state.engine.model_id() else { return };
    if state.explorer.tree.vocabulary_match(model, length) == VocabularyMatch::Same {
        // What it was taken for, it is not.
        state.engine.tell_apart();
        model = state.engine.model_id().unwrap_or(model);
    }
    state.explorer.tree.refuse(node, model);
    let text = text(state);
    if !tokenize_again {
        return;
    }
    if text.is_empty() {
        state.explorer.tree.clear();
        state.explorer.look_back = None;
    } else {
        tokenize(state, text, effects);
    }
    state.notify(
        "This model has other tokens, so the text was divided anew. Undo brings the old \
         tokens back.",
    );
}

/// Says why no token can be appended now, if none can.
pub(super) fn cannot_continue(state: &mut State) -> bool {
    let length = state.explorer.tree.path().len();
    let standing = state
        .engine
        .model_id()
        .map(|model| state.explorer.tree.vocabulary_match(model, length));
    let problem = match standing {
        _ if length == 0 => "There is no text yet. Press Start first.".into(),
        None => "The model is not ready yet.".into(),
        Some(VocabularyMatch::Different) => labels::other_tokens(&state.maker()),
        Some(VocabularyMatch::Unchecked) => "The model is still reading the text.".into(),
        Some(VocabularyMatch::Same) if state.engine.is_ready() => return false,
        Some(VocabularyMatch::Same) => "The model is not ready yet.".into(),
    };
    state.notify(problem);
    true
}

/// Appends the candidate of a row.
pub(super) fn pick(state: &mut State, row: usize, effects: &mut Effects) {
    let choose = |seen: &Distribution| seen.candidates.get(row).cloned();
    choose_from_view(state, TokenOrigin::Picked, choose, effects);
}

/// Appends the most probable candidate.
pub(super) fn greedy(state: &mut State, effects: &mut Effects) {
    let choose = |seen: &Distribution| seen.candidates.first().cloned();
    choose_from_view(state, TokenOrigin::Greedy, choose, effects);
}

/// Appends what the sampler drew.
pub(super) fn sample(state: &mut State, effects: &mut Effects) {
    let choose = |seen: &Distribution| Some(seen.sampled.clone());
    choose_from_view(state, TokenOrigin::Sampled, choose, effects);
}

fn choose_from_view(
    state: &mut State,
    origin: TokenOrigin,
    choose: impl Fn(&Distribution) -> Option<Candidate>,
    effects: &mut Effects,
) {
    if state.requests.playing() || cannot_continue(state) {
        return;
    }
    match state.current() {
        Some(seen) => match choose(seen) {
            Some(candidate) => append(state, candidate, origin, effects),
            None => state.notify("There is no such row."),
        },
        None if state.explorer.look_back == Some(0) => {
            state.notify("The first token has no probability: nothing comes before it.");
        }
        None if state.computing() => {
            state.notify("Still computing: choose again when the bars are there.");
        }
        None => distribution::refresh(state, effects),
    }
}

/// Appends a candidate of the distribution in view, at its place.
pub(super) fn append(
    state: &mut State,
    candidate: Candidate,
    origin: TokenOrigin,
    effects: &mut Effects,
) {
    let Some(distribution) = state.current().cloned() else { return };
    let Some(model) = state.engine.model_id() else { return };
    let position = state.explorer.position();
    if let Some(limit) = context_limit(state).filter(|limit| position >= *limit) {
        state.explorer.paced_play = false;
        state.show_problem(context_full(limit));
        return;
    }
    state.announce(format!(
        "{}, {}",
        labels::spoken(&candidate.token),
        format::spoken_percent(candidate.probability)
    ));
    let node = Node::chosen(TokenChoice { model, candidate, distribution }, origin);
    state.explorer.tree.branch(position, node);
    state.explorer.look_back = None;
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
    let settling =
        |purpose: &Purpose| matches!(purpose, Purpose::Tokenize | Purpose::Verify { .. });
    abandon(state, settling, effects);
    if step(state) {
        state.explorer.look_back = None;
        let last = state.explorer.tree.nodes().next_back();
        let text = match last {
            Some(node) => format!("The text ends with {}.", labels::spoken(&node.token)),
            None => "The text is empty.".into(),
        };
        state.announce(text);
    } else {
        state.notify("There is nothing more in that direction.");
    }
    distribution::refresh(state, effects);
}

/// Takes the text away. Nothing that is still under way is drawn.
pub(super) fn reset(state: &mut State, effects: &mut Effects) {
    let explorer_s = |purpose: &Purpose| {
        matches!(
            purpose,
            Purpose::Tokenize
                | Purpose::Verify { .. }
                | Purpose::Distribution(_)
                | Purpose::Score(_)
                | Purpose::Play
        )
    };
    state.explorer.paced_play = false;
    abandon(state, explorer_s, effects);
    state.explorer.tree.clear();
    state.explorer.look_back = None;
    state.explorer.latest = None;
    state.explorer.when_ready = WhenReady::Resume;
    state.explorer.restart_play = false;
    state.engine.last_step = None;
    state.notify("The text was cleared. Undo brings it back.");
    effects.push(Effect::Focus(Focus::Prompt));
}

/// Shows the distribution that a token came from.
pub(super) fn look_back(state: &mut State, index: usize, effects: &mut Effects) {
    let Some(node) = state.explorer.tree.at(index) else { return };
    let text =
        format!("Looking back at token {}, {}.", index + 1, labels::spoken(&node.token));
    play::stop(state, effects);
    state.explorer.look_back = Some(index);
    state.announce(text);
    distribution::remember(state, effects);
}

/// Shows what follows the end of the text again.
pub(super) fn come_back(state: &mut State, effects: &mut Effects) {
    if state.explorer.look_back.take().is_some() {
        state.announce("Back at the end.");
        distribution::refresh(state, effects);
    }
}

/// Looks back at the token that is `by` further on; past the last one is the end.
pub(super) fn move_along(state: &mut State, by: i32, effects: &mut Effects) {
    let end = state.explorer.tree.path().len();
    let from = state.explorer.look_back.unwrap_or(end);
    let to = from.saturating_add_signed(by as isize);
    if to < end {
        look_back(state, to, effects);
        effects.push(Effect::Focus(Focus::Token(to)));
    } else {
        come_back(state, effects);
        effects.push(Effect::Focus(Focus::Row(state.selected_row)));
    }
}

/// The running text, with the characters that its tokens make together and without the
/// tokens that stand for no text.
pub(crate) fn text(state: &State) -> String {
    let tokens = state.explorer.tree.nodes().map(|node| &node.token);
    let bytes: Vec<u8> = tokens
        .filter(|token| !token.special)
        .flat_map(|token| token.bytes.clone())
        .collect();
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
