//! Looking at a token of a reply. For a reply of an earlier visit, the distribution that the
//! token was drawn from is computed again, once the model is known to have the same tokens.

use protocol::{Command, Distribution, ErrorCode, Failure, ScoredToken};

use crate::effect::{Effect, Focus};
use crate::state::{ChatToken, Problem, Purpose, ReplyId, State};
use crate::texts::chat as texts;
use crate::texts::tokens;
use crate::update::requests::{Effects, cancel, send};

/// Shows the distribution that a token of a reply was drawn from.
pub(super) fn look_at(state: &mut State, token: ChatToken, effects: &mut Effects) {
    if focus_token(state, token, effects) {
        // On a narrow screen, the distribution is far from the reply.
        effects.push(Effect::Reveal);
    }
}

/// Looks at the token of a reply that is `by` further on, or the first or last one.
pub(super) fn move_along(
    state: &mut State,
    from: ChatToken,
    by: i32,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(from.exchange) else { return };
    let last = exchange.reply().tokens.len().saturating_sub(1);
    let to = from.token.saturating_add_signed(by as isize).min(last);
    let to = ChatToken { token: to, ..from };
    focus_token(state, to, effects);
    effects.push(Effect::Focus(Focus::ReplyToken(to)));
}

/// Shows replies token by token, or as text.
pub(super) fn show_tokens(state: &mut State, shows: bool, effects: &mut Effects) {
    state.chat.shows_tokens = shows;
    if !shows && state.chat.focus.take().is_some() {
        effects.push(Effect::Focus(Focus::ShowTokens));
    }
}

/// Requests the distribution of a reply in view once more, if it has other rows than are to
/// be shown.
pub(crate) fn request_rows(state: &mut State, effects: &mut Effects) {
    let rows = state.knobs.rows as usize;
    let Some((at, token)) = state.chat.in_view() else { return };
    let has_them = token.distribution.as_ref().is_none_or(|distribution| {
        distribution.candidates.len() == rows.min(distribution.vocab_size as usize)
    });
    if !has_them && !state.requests.chatting() && state.engine.is_ready() {
        request_inspection(state, at, effects);
    }
}

/// Puts the token's distribution in view. False if there is no such token.
fn focus_token(state: &mut State, token: ChatToken, effects: &mut Effects) -> bool {
    let before = state.chat.focus.replace(token);
    let Some((_, looked_at)) = state.chat.in_view() else {
        state.chat.focus = before;
        return false;
    };
    let text = texts::looking_at(&tokens::spoken(&looked_at.token));
    let is_known = looked_at.distribution.is_some();
    state.announce(text);
    match is_known {
        true => state.distributions_shown = state.distributions_shown.wrapping_add(1),
        false => request_inspection(state, token, effects),
    }
    true
}

/// Requests the distribution of a token. For a reply whose writer is not confirmed, requests
/// first whether its ids are tokens of the current model.
fn request_inspection(state: &mut State, at: ChatToken, effects: &mut Effects) {
    let Some(exchange) = state.chat.exchanges.get(at.exchange) else { return };
    let (Some(model), true) = (state.engine.model_id(), state.engine.is_ready()) else {
        state.notify(texts::NOT_READY);
        return;
    };
    let (reply, id) = (exchange.reply(), exchange.id());
    if !reply.has_tokens() || reply.writer.not == Some(model) {
        // The panel says why there is nothing to compute.
        return;
    }
    let Some(token) = reply.tokens.get(at.token) else { return };
    let (purpose, command) = match reply.writer.model {
        None => {
            let ids = reply.ids(usize::MAX);
            (Purpose::VerifyReply(id), Command::Score { ids })
        }
        Some(writer) if writer == model => {
            let command = Command::NextToken {
                ids: reply.ids(at.token),
                settings: reply.settings.clone().after_prompt(reply.prompt.len()),
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
    cancel(state, earlier, effects);
    send(state, purpose, command, effects);
}

/// Confirms or rejects the current model as the writer of a reply.
pub(crate) fn on_reply_verified(
    state: &mut State,
    id: ReplyId,
    tokens: &[ScoredToken],
    effects: &mut Effects,
) {
    let model = state.engine.model_id();
    let exchange =
        state.chat.exchanges.iter().find(|exchange| exchange.key == id.exchange);
    let same = exchange.filter(|exchange| exchange.id() == id).is_some_and(|exchange| {
        let reply = exchange.reply();
        let written = reply.tokens.iter().map(|token| &token.token);
        reply.prompt.iter().chain(written).eq(tokens.iter().map(|scored| &scored.token))
    });
    let Some((index, reply)) = state.chat.reply_mut(id) else { return };
    match same {
        true => {
            reply.writer.model = model;
            let scores = tokens.iter().skip(reply.prompt.len());
            for (token, scored) in reply.tokens.iter_mut().zip(scores) {
                token.scored_bits = scored.score.map(|score| score.surprisal_bits);
            }
        }
        false => reply.writer.not = model,
    }
    // The person may look at another token of the reply by now.
    if let Some(at) = state.chat.focus.filter(|at| same && at.exchange == index) {
        request_inspection(state, at, effects);
    }
}

/// Takes a failure to score a reply's ids: the model may have no token of some id.
pub(crate) fn on_reply_verification_failed(
    state: &mut State,
    id: ReplyId,
    failure: Failure,
) {
    let model = state.engine.model_id();
    match (failure.code, state.chat.reply_mut(id)) {
        (ErrorCode::InvalidToken, Some((_, reply))) => reply.writer.not = model,
        _ => state.error = Some(failure.into()),
    }
}

/// Stores the distribution that a token of a reply was drawn from.
pub(crate) fn on_inspected(
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
            state.error = Some(Problem::new(texts::NO_PROBABILITY));
        }
    }
}
