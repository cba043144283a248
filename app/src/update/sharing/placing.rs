//! The texts of a session, put beside those that are there.

use sharing::RecordedToken;

use crate::state::{ModelId, Node, NodeId, Session, State, Tab, Tool, WhenReady};

/// Puts the texts of a session beside those that are there, and goes to its own.
pub(super) fn place(
    state: &mut State,
    session: &Session,
    tokens: Vec<RecordedToken>,
    model: ModelId,
    replace: bool,
) {
    let texts = &session.texts;
    let mut nodes: Vec<NodeId> = Vec::with_capacity(tokens.len());
    let parents = texts.parents();
    let each = tokens.into_iter().zip(texts.origin_of_each()).zip(parents);
    for ((known, origin), parent) in each {
        let parent = parent.and_then(|parent| nodes.get(parent as usize)).copied();
        let node = Node::of_session(known, origin, model);
        nodes.push(state.explorer.tree.attach(parent, node, replace));
    }
    let end = texts.end.and_then(|end| nodes.get(end as usize));
    match end {
        Some(end) => state.explorer.tree.go_to(*end),
        None => state.explorer.tree.clear(),
    }
    state.tab = Tab::Explorer;
    let tool = session.view.tool.as_deref().and_then(Tool::named);
    state.tool = tool.or(state.tool);
    state.knobs = state.knobs.with_sampler_of(session.knobs.clone());
    let explorer = &mut state.explorer;
    explorer.look_back = None;
    explorer.opened_from_chat = None;
    explorer.when_ready = WhenReady::Resume;
    explorer.typed = None;
    let prompt = session.prompt.clone();
    explorer.prompt = prompt.unwrap_or_else(|| explorer.prompt_of_text());
}
