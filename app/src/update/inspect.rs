//! Replies of an earlier visit: their tokens are known, and what each was drawn from is
//! computed again when someone looks at it.

use protocol::{Command, Distribution, ErrorCode, Failure, ScoredToken};

use super::{Effects, ask, replies};
use crate::state::{ChatToken, Problem, Purpose, ReplyId, State};

/// Asks what a token of a reply was drawn from, once it is known that the reply is made of
/// the tokens of the model at hand.
pub(super) fn ask_about(state: &mut State, at: ChatToken, effects: &mut Effects) {
    let Some(exchange) = state.chat.exchanges.get(at.exchange) else { return };
    let (Some(model), true) = (state.engine.model_id(), state.engine.is_ready()) else {
        state.notify("The model is not ready yet.");
        return;
    };
    let (reply, id) = (exchange.reply(), exchange.id());
    if !exchange.has_tokens() || reply.writer.not == Some(model) {
        // The panel says why there is nothing.
        return;
    }
    let Some(token) = reply.tokens.get(at.token) else { return };
    let (purpose, command) = match reply.writer.model {
        None => {
            let ids = exchange.ids(usize::MAX);
            (Purpose::VerifyReply(id), Command::Score { ids })
        }
        Some(writer) if writer == model => {
            let command = Command::NextToken {
                ids: exchange.ids(at.token),
                settings: reply.settings,
                candidates: state.knobs.rows,
                watch: vec![token.token.id],
            };
            (Purpose::Inspect(id, at.token), command)
        }
        Some(_) => return,
    };
    let earlier = |purpose: &Purpose| {
        matches!(purpose, Purpose::VerifyReply(_) | Purpose::Inspect(..))
    };
    super::abandon(state, earlier, effects);
    ask(state, purpose, command, effects);
}

/// The model at hand read the ids of a reply.
pub(super) fn verified(
    state: &mut State,
    id: ReplyId,
    tokens: &[ScoredToken],
    effects: &mut Effects,
) {
    let model = state.engine.model_id();
    let exchange =
        state.chat.exchanges.iter().find(|exchange| exchange.key == id.exchange);
    let same = exchange.filter(|exchange| exchange.id() == id).is_some_and(|exchange| {
        let written = exchange.reply().tokens.iter().map(|token| &token.token);
        exchange
            .prompt
            .iter()
            .chain(written)
            .eq(tokens.iter().map(|scored| &scored.token))
    });
    let Some((index, reply)) = state.chat.reply_mut(id) else { return };
    match same {
        true => reply.writer.model = model,
        false => reply.writer.not = model,
    }
    // Whatever is looked at by now.
    if let Some(at) = state.chat.focus.filter(|at| same && at.exchange == index) {
        ask_about(state, at, effects);
    }
}

/// The model at hand could not read the ids of a reply.
pub(super) fn not_verified(state: &mut State, id: ReplyId, failure: Failure) {
    let model = state.engine.model_id();
    match (failure.code, state.chat.reply_mut(id)) {
        (ErrorCode::InvalidToken, Some((_, reply))) => reply.writer.not = model,
        _ => replies::show(state, failure),
    }
}

/// What a token was drawn from has come.
pub(super) fn computed(
    state: &mut State,
    id: ReplyId,
    index: usize,
    mut distribution: Distribution,
) {
    let Some((_, reply)) = state.chat.reply_mut(id) else { return };
    let Some(token) = reply.tokens.get_mut(index) else { return };
    let mut candidates = distribution.watched.iter().chain(&distribution.candidates);
    match candidates.find(|candidate| candidate.token == token.token).cloned() {
        Some(written) => {
            distribution.sampled = written;
            token.distribution = Some(distribution.into());
            state.distributions_shown = state.distributions_shown.wrapping_add(1);
        }
        None => {
            state.error =
                Some(Problem::new("The engine did not say how probable this token was."));
        }
    }
}
