//! The engine's replies, each passed on by the purpose of its request.

use protocol::{ErrorCode, Event, FinishReason, Reply, Timings};

use super::requests::Effects;
use super::{chat, engine, explorer, numbers, sampler, sharing, tools};
use crate::state::{BackendKind, FileList, Problem, Purpose, State, Step};
use crate::texts;

/// Takes a reply. One whose request is not open is outdated and is dropped.
pub(super) fn on_reply(state: &mut State, reply: Reply, effects: &mut Effects) {
    let Some(purpose) = state.requests.purpose(reply.id).cloned() else { return };
    note_progress(state, &purpose, &reply);
    note_cost(state, &purpose, &reply.event);
    match (purpose, reply.event) {
        (_, Event::Progress(_)) => {}
        (_, Event::PromptsReadBy { device }) => {
            engine::on_prompt_device(state, device);
        }
        (Purpose::LookUp(terms), event) => tools::on_words_event(state, terms, event),
        (Purpose::TokenizeToScore | Purpose::ScoreText, event) => {
            tools::on_scores_event(state, event, effects);
        }
        (Purpose::Trial(terms), event) => tools::on_trial_event(state, terms, event),
        (Purpose::NameToken(text), event) => {
            sampler::on_tokens(state, &text, event, effects);
        }
        (Purpose::Grow(tail), event) => tools::on_growth_event(state, tail, event),
        (Purpose::TokenizeOther, event) => {
            tools::on_comparison_event(state, None, event);
        }
        (Purpose::Inside(question), event) => {
            tools::on_inside_event(state, &question, event);
        }
        (Purpose::Compare(terms), event) => {
            tools::on_comparison_event(state, Some(terms), event);
        }
        (Purpose::Side(terms), event) => {
            tools::on_side_answer(state, 0, terms, event, effects);
        }
        (_, Event::Notice { message }) => state.models.notice = Some(message),

        (Purpose::Models, Event::Models(stored)) => match state.engine.backend {
            BackendKind::Worker => state.models.stored = Some(stored),
            BackendKind::Native => state.models.on_server = stored.models,
        },
        // The page works without the list.
        (Purpose::Models, Event::Failed(_)) => {}

        (Purpose::ModelFiles, Event::Files(files)) => {
            state.models.files = Some(FileList::Found(files));
        }
        (Purpose::ModelFiles, Event::Failed(failure)) => {
            state.models.files = Some(FileList::Failed(failure.message));
        }

        (Purpose::Model, Event::Ready(model)) => {
            tools::forget_questions(state);
            engine::on_model_ready(state, model, effects);
        }
        (Purpose::Model, Event::Failed(failure)) => {
            engine::on_loading_failed(state, failure, effects);
        }
        (Purpose::Model, Event::Finished { .. }) => {
            engine::on_loading_stopped(state, effects);
        }

        (Purpose::Tokenize, Event::Tokenized { tokens }) => {
            explorer::on_tokenized(state, tokens, effects);
        }
        (Purpose::TypedPrompt(prompt), Event::Tokenized { tokens }) => {
            explorer::on_prompt_tokenized(state, prompt, tokens);
        }
        // The page works without them.
        (Purpose::TypedPrompt(_), Event::Failed(_) | Event::Finished { .. }) => {}
        (Purpose::Distribution(terms), Event::Distribution(distribution)) => {
            explorer::on_distribution(state, terms, distribution, effects);
            sharing::compare_with_expected(state);
        }
        // Paced play has nothing to go on with.
        (Purpose::Distribution(terms), Event::Failed(failure)) => {
            state.explorer.paced_play = false;
            sampler::on_failure(state, &terms, failure, effects);
        }
        (Purpose::Distribution(_), Event::Finished { .. }) => {
            state.explorer.paced_play = false;
            state.notify(texts::page::STOPPED);
        }
        (Purpose::Score(nodes), Event::Scored { tokens, .. }) => {
            if let Some(model) = state.engine.model_id() {
                state.explorer.tree.set_scores(&nodes, model, &tokens);
            }
        }
        // The page works without scores. Another client ends their request by loading a model.
        (Purpose::Score(_), Event::Failed(_) | Event::Finished { .. }) => {}
        (Purpose::Verify { nodes, tokenize_again }, Event::Scored { tokens, .. }) => {
            explorer::on_verified(state, &nodes, &tokens, tokenize_again, effects);
        }
        (Purpose::Verify { nodes, tokenize_again }, Event::Failed(failure)) => {
            explorer::on_verification_failed(
                state,
                &nodes,
                failure,
                tokenize_again,
                effects,
            );
        }

        (Purpose::Vocabulary(format, _), Event::LogProbabilities(packed)) => {
            sharing::on_log_probabilities(state, format, &packed, effects);
        }
        (Purpose::Vocabulary(format, Some(log_p)), Event::Tokenized { tokens }) => {
            sharing::save_vocabulary(format, &tokens, &log_p, effects);
        }

        (Purpose::Session(session), Event::Tokenized { tokens }) => {
            sharing::on_tokens(state, &session, tokens, effects);
        }
        (Purpose::Session(session), Event::Failed(failure)) => {
            sharing::on_tokens_failed(state, &session, failure, effects);
        }

        (Purpose::VerifyNumbers(text), Event::Verified(verification)) => {
            numbers::on_verified(state, text, *verification);
        }

        (Purpose::Play, Event::Token(distribution)) => {
            explorer::on_play_token(state, distribution, effects);
        }
        (Purpose::Play, Event::Finished { reason, .. }) => {
            explorer::on_play_finished(state, reason, effects);
        }
        (Purpose::Play, Event::Failed(failure)) => {
            state.error = Some(failure.into());
            explorer::request_distribution(state, effects);
        }

        (Purpose::Chat, Event::Prompt { tokens }) => chat::on_prompt(state, tokens),
        (Purpose::Chat, Event::Token(distribution)) => {
            chat::on_reply_token(state, distribution);
        }
        (Purpose::Chat, Event::Finished { reason, timings }) => {
            chat::on_finished(state, reason, timings);
        }
        (Purpose::Chat, Event::Failed(failure)) => chat::on_reply_failed(state, failure),
        (Purpose::VerifyReply(id), Event::Scored { tokens, .. }) => {
            chat::on_reply_verified(state, id, &tokens, effects);
        }
        (Purpose::VerifyReply(id), Event::Failed(failure)) => {
            chat::on_reply_verification_failed(state, id, failure);
        }
        (Purpose::Inspect(id, token), Event::Distribution(distribution)) => {
            chat::on_inspected(state, id, token, distribution);
        }

        (_, Event::Failed(failure)) => state.error = Some(failure.into()),
        (_, Event::Finished { reason: FinishReason::Cancelled, .. }) => {
            state.notify(texts::page::STOPPED);
        }
        (_, _) => {
            state.error =
                Some(Problem::with_hint(texts::page::WRONG_ANSWER, texts::page::RELOAD));
        }
    }
}

/// Stores how far the request has come, and closes it at its terminal event.
fn note_progress(state: &mut State, purpose: &Purpose, reply: &Reply) {
    let progress = match &reply.event {
        Event::Progress(progress) => Some(progress.clone()),
        _ => None,
    };
    match purpose {
        Purpose::Model | Purpose::Models if progress.is_some() => {
            state.engine.progress = progress;
        }
        _ => state.requests.note_progress(reply.id, progress),
    }
    if !reply.event.is_terminal() {
        return;
    }
    state.requests.close(reply.id);
    // A server that still downloads its model is asked again, and keeps its progress.
    let is_loading =
        matches!(&reply.event, Event::Failed(f) if f.code == ErrorCode::Loading);
    if !is_loading && *purpose == Purpose::Model {
        state.engine.progress = None;
    }
}

/// Stores what the reply cost, for the status line.
fn note_cost(state: &mut State, purpose: &Purpose, event: &Event) {
    let timings: &Timings = match event {
        Event::Distribution(distribution) | Event::Token(distribution) => {
            &distribution.timings
        }
        Event::Verified(verification) => &verification.timings,
        Event::LookedUp(words) => &words.timings,
        Event::Grown(growth) => &growth.timings,
        Event::Drawn(drawn) => &drawn.timings,
        Event::Swept(sweep) => &sweep.timings,
        Event::Compared(comparison) => &comparison.timings,
        Event::Scored { timings, .. } | Event::Finished { timings, .. } => timings,
        _ => return,
    };
    let engine = &mut state.engine;
    engine.forward_tokens = engine.forward_tokens.max(timings.forward_tokens);
    let step = Step::of(timings);
    // A background request that computed nothing does not replace the last step.
    let is_background = matches!(
        purpose,
        Purpose::Score(_)
            | Purpose::Verify { .. }
            | Purpose::VerifyNumbers(_)
            | Purpose::LookUp(_)
            | Purpose::ScoreText
            | Purpose::Compare(_)
            | Purpose::Side(_)
            | Purpose::Trial(_)
            | Purpose::Inside(_)
            | Purpose::Model
    );
    if !(is_background && step == Step::Cached) {
        engine.last_step = Some(step);
    }
}
