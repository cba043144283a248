//! The engine's answers, each led to what asked for it.

use protocol::{ErrorCode, Event, Failure, FinishReason, Reply, Timings};

use super::{Effects, chat, distribution, engine, explorer, inspect, models, play};
use crate::state::{Problem, Purpose, Remedy, State, Step};

/// Takes an answer; one to a request that is not open any more is dropped.
pub(super) fn take(state: &mut State, reply: Reply, effects: &mut Effects) {
    let Some(purpose) = state.requests.purpose(reply.id).cloned() else { return };
    let loads = matches!(purpose, Purpose::Model | Purpose::Models);
    let progress = match &reply.event {
        Event::Progress(progress) => Some(progress.clone()),
        _ => None,
    };
    match (loads, &progress) {
        (true, Some(progress)) => state.engine.progress = Some(progress.clone()),
        // Whatever else it tells, what it was doing until then is done.
        _ => state.requests.note_progress(reply.id, progress),
    }
    if reply.event.is_terminal() {
        state.requests.close(reply.id);
        // A server that is still downloading is asked again, and tells of its progress.
        let still =
            matches!(&reply.event, Event::Failed(f) if f.code == ErrorCode::Loading);
        if !still && purpose == Purpose::Model {
            state.engine.progress = None;
        }
    }
    note_cost(state, &purpose, &reply.event);
    match (purpose, reply.event) {
        (_, Event::Progress(_)) => {}

        (_, Event::Notice { message }) => state.models.notice = Some(message),
        (Purpose::Models, Event::Models(stored)) => models::stored(state, stored),
        // The list is an extra: a server has none.
        (Purpose::Models, Event::Failed(_)) => {}

        (Purpose::Model, Event::Ready(model)) => engine::ready(state, model, effects),
        (Purpose::Model, Event::Failed(failure)) => {
            engine::no_model(state, failure, effects);
        }
        (Purpose::Model, Event::Finished { .. }) => {
            engine::loading_stopped(state, effects)
        }

        (Purpose::Tokenize, Event::Tokenized { tokens }) => {
            explorer::started(state, tokens, effects);
        }
        (Purpose::Distribution(asked), Event::Distribution(distribution)) => {
            distribution::arrived(state, asked, distribution, effects);
        }
        (Purpose::Score(nodes), Event::Scored { tokens, .. }) => {
            if let Some(model) = state.engine.model_id() {
                distribution::scored(state, &nodes, model, &tokens);
            }
        }
        // Scores are an extra: the page works without them.
        (Purpose::Score(_), Event::Failed(_)) => {}
        (Purpose::Verify { nodes, tokenize_again }, Event::Scored { tokens, .. }) => {
            explorer::verified(state, &nodes, &tokens, tokenize_again, effects);
        }
        (Purpose::Verify { nodes, tokenize_again }, Event::Failed(failure)) => {
            explorer::not_verified(state, &nodes, failure, tokenize_again, effects);
        }

        (Purpose::Play, Event::Token(distribution)) => {
            play::token(state, distribution, effects);
        }
        (Purpose::Play, Event::Finished { reason, .. }) => {
            play::finished(state, reason, effects);
        }
        (Purpose::Play, Event::Failed(failure)) => {
            show(state, failure);
            distribution::refresh(state, effects);
        }

        (Purpose::Chat, Event::Prompt { tokens }) => chat::prompt(state, tokens),
        (Purpose::Chat, Event::Token(distribution)) => chat::token(state, distribution),
        (Purpose::Chat, Event::Finished { reason, timings }) => {
            chat::finished(state, reason, timings);
        }
        (Purpose::Chat, Event::Failed(failure)) => chat::failed(state, failure),
        (Purpose::VerifyReply(reply), Event::Scored { tokens, .. }) => {
            inspect::verified(state, reply, &tokens, effects);
        }
        (Purpose::VerifyReply(reply), Event::Failed(failure)) => {
            inspect::not_verified(state, reply, failure);
        }
        (Purpose::Inspect(reply, token), Event::Distribution(distribution)) => {
            inspect::computed(state, reply, token, distribution);
        }

        (_, Event::Failed(failure)) => show(state, failure),
        // The engine was told so by someone else: another model was loaded.
        (Purpose::Score(_), Event::Finished { .. }) => {}
        (_, Event::Finished { reason: FinishReason::Cancelled, .. }) => {
            state.notify("Stopped.");
        }
        (_, _) => {
            state.error = Some(Problem {
                hint: Some("Reload the page: it may be older than the engine.".into()),
                ..Problem::new(
                    "The engine gave an answer that does not fit the question.",
                )
            });
        }
    }
}

/// Shows a failure near its place.
pub(super) fn show(state: &mut State, failure: Failure) {
    let remedy = match failure.code {
        ErrorCode::NoModel => Remedy::Restart,
        _ => Remedy::None,
    };
    state.error = Some(Problem { message: failure.message, hint: failure.hint, remedy });
}

fn note_cost(state: &mut State, purpose: &Purpose, event: &Event) {
    let timings: &Timings = match event {
        Event::Distribution(distribution) | Event::Token(distribution) => {
            &distribution.timings
        }
        Event::Scored { timings, .. } | Event::Finished { timings, .. } => timings,
        _ => return,
    };
    let engine = &mut state.engine;
    engine.forward_tokens = engine.forward_tokens.max(timings.forward_tokens);
    let step = Step::of(timings);
    let extra =
        matches!(purpose, Purpose::Score(_) | Purpose::Verify { .. } | Purpose::Model);
    if !(extra && step == Step::Cached) {
        engine.last_step = Some(step);
    }
}
