//! The branches of the text: going to one, stepping at forks, and growing what could follow.

use protocol::{Command, Event, GrownNode, ScoredToken};

use crate::state::{
    BranchesAction, CameTo, Node, NodeId, Purpose, State, TokenOrigin, fork_of,
    newest_end_of, stretches_of,
};
use crate::texts;
use crate::update::explorer::{go_to, is_changing};
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(
    state: &mut State,
    action: BranchesAction,
    effects: &mut Effects,
) {
    match action {
        BranchesAction::GoTo(index) => {
            let (stretches, _) = stretches_of(&state.explorer.tree);
            let end = stretches.get(index).and_then(|stretch| stretch.nodes.last());
            if let Some(end) = end {
                go_to(state, *end, effects);
            }
        }
        BranchesAction::StepFork(by) => step_fork(state, by, effects),
        BranchesAction::Set(knob, value) => knob.set(&mut state.branches.growth, value),
        BranchesAction::SetMode(mode) => state.branches.growth.mode = mode,
        BranchesAction::Grow => grow(state, effects),
        BranchesAction::Stop => {
            if cancel(state, |purpose| matches!(purpose, Purpose::Grow(_)), effects) {
                state.branches.came_to = so_far(state);
                state.notify(texts::page::STOPPED);
            }
        }
    }
}

/// Goes another way at the fork that is looked at, or the last one.
fn step_fork(state: &mut State, by: i32, effects: &mut Effects) {
    let tree = &state.explorer.tree;
    let at = state.branches.fork_at(tree, state.explorer.look_back);
    let Some((index, ways, here)) = fork_of(tree, at) else { return };
    let count = ways.len();
    let to = (here + count).saturating_add_signed(by as isize) % count;
    let end = newest_end_of(tree, ways[to]);
    go_to(state, end, effects);
    state.branches.stepped = Some((index, end));
    state.announce(texts::branches::way(to, count));
}

fn grow(state: &mut State, effects: &mut Effects) {
    let (Some(tail), Some(_)) = (state.explorer.tail(), state.current()) else {
        state.notify(texts::branches::NOT_READ);
        return;
    };
    if is_changing(state) {
        return;
    }
    cancel(state, |purpose| matches!(purpose, Purpose::Grow(_)), effects);
    state.branches.grown.clear();
    state.branches.came_to = CameTo::Nothing;
    let ids = state.explorer.tree.ids(state.explorer.position());
    let command = Command::Grow { ids, growth: state.branches.growth };
    send(state, Purpose::Grow(tail), command, effects);
}

/// Takes what the engine says about a tree that grows after a token.
pub(crate) fn on_event(state: &mut State, tail: NodeId, event: Event) {
    match event {
        Event::Nodes { nodes } => {
            nodes.into_iter().for_each(|node| graft(state, tail, node));
            state.branches.came_to = so_far(state);
        }
        Event::Grown(growth) => {
            let (nodes, limited) = (growth.nodes, growth.limited);
            state.branches.came_to = CameTo::Grown { nodes, limited };
            state.announce(texts::branches::grown(nodes, limited));
        }
        Event::Failed(failure) => {
            state.branches.came_to = CameTo::Failed(failure.message)
        }
        _ => {}
    }
}

fn so_far(state: &State) -> CameTo {
    CameTo::Grown { nodes: state.branches.grown.len() as u32, limited: false }
}

/// Adds a node to the tree of texts.
fn graft(state: &mut State, tail: NodeId, grown: GrownNode) {
    let Some(model) = state.engine.model_id() else { return };
    let parent = match grown.parent.checked_sub(1) {
        None => tail,
        Some(index) => match state.branches.grown.get(index as usize) {
            Some(parent) => *parent,
            // The engine sends parents first.
            None => return,
        },
    };
    let GrownNode { token, score, .. } = grown;
    let node = Node::given(token.clone(), TokenOrigin::Picked, Some(model));
    let tree = &mut state.explorer.tree;
    let id = tree.graft(parent, node);
    if tree.node(id).score_by(Some(model)).is_none() {
        let scored = ScoredToken { token, score: Some(score), expected: None };
        tree.set_scores(&[id], model, &[scored]);
    }
    state.branches.grown.push(id);
}
