//! Opening a conversation in the explorer.

use crate::state::{Node, State, Tab, TokenChoice, TokenOrigin};
use crate::texts::chat as texts;
use crate::update::explorer::request_distribution;
use crate::update::requests::Effects;
use crate::update::stopping::free_model;

/// Opens the tokens of an exchange, prompt and reply, as the explorer's text.
pub(super) fn open_in_explorer(
    state: &mut State,
    exchange: usize,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(exchange) else { return };
    let reply = exchange.reply();
    if !reply.has_tokens() || state.requests.chatting() {
        return;
    }
    let writer = reply.writer.model;
    let prompt = reply.prompt.iter().cloned();
    let prompt = prompt.map(|token| Node::given(token, TokenOrigin::Prompt, writer));
    let written =
        reply.tokens.iter().map(|written| match (writer, &written.distribution) {
            (Some(model), Some(distribution)) => {
                let (candidate, distribution) =
                    (distribution.sampled.clone(), distribution.clone());
                let choice = TokenChoice { model, candidate, distribution };
                Node::chosen(choice, TokenOrigin::Sampled)
            }
            _ => Node::given(written.token.clone(), TokenOrigin::Sampled, writer),
        });
    let nodes: Vec<_> = prompt.chain(written).collect();
    free_model(state, effects);
    state.explorer.tree.restart(nodes);
    state.explorer.look_back = None;
    state.explorer.opened_from_chat = state.explorer.tree.path().last().copied();
    state.tab = Tab::Explorer;
    state.inspected = None;
    state.notify(texts::OPEN_IN_EXPLORER);
    request_distribution(state, effects);
}
