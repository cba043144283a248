//! Sessions that leave the page and come in. `making` has links and traces made; `opening` takes
//! what came in: it finds the model and puts the texts beside those that are there;
//! `recording` shows a trace without its model.

mod conversation;
mod data_files;
mod making;
mod opening;
mod placing;
mod recording;
mod vocabulary;

pub(super) use opening::{
    compare_with_expected, on_tokens, on_tokens_failed, open_if_known, take_waiting,
};

pub(super) use vocabulary::{on_log_probabilities, save as save_vocabulary};

use sharing::Request;

use super::lessons;
use super::requests::Effects;
use crate::effect::Effect;
use crate::state::{Answer, Problem, SharedFor, SharingAction, State};
use crate::texts::sharing as texts;

/// Takes an action of the person, or what came of one. Returns whether a link could not be read
/// that the page began with.
pub(super) fn on_action(
    state: &mut State,
    action: SharingAction,
    effects: &mut Effects,
) -> bool {
    match action {
        SharingAction::CopyLink => making::copy_link(state, effects),
        SharingAction::Save => making::save(state, effects),
        SharingAction::SetFigure(kind) => state.sharing.figure = kind,
        SharingAction::SaveFigure(format) => making::save_figure(state, format, effects),
        SharingAction::OpenLink(text) => read(text, effects),
        SharingAction::OpenFile(address) => effects.push(Effect::ReadFile(address)),
        SharingAction::FileRead(Some(text)) => match lessons::read(&text) {
            Some(lesson) => lessons::open(state, lesson, effects),
            None => read(text, effects),
        },
        SharingAction::FileRead(None) => {
            state.show_problem(Problem::new(texts::NOT_SHARED));
        }
        SharingAction::Answered(purpose, answer) => {
            return on_answer(state, purpose, answer, effects);
        }
        SharingAction::Past(past) => state.sharing.past = past,
        SharingAction::Forget(link) => effects.push(Effect::ForgetSession(link)),
        SharingAction::EditFilter(text) => state.sharing.filter = text,
        SharingAction::GoLive => opening::go_live(state, effects),
    }
    false
}

fn read(text: String, effects: &mut Effects) {
    let request = Box::new(Request::Open { text });
    effects.push(Effect::AskSharing { request, purpose: SharedFor::Opening });
}

fn on_answer(
    state: &mut State,
    purpose: SharedFor,
    answer: Option<Answer>,
    effects: &mut Effects,
) -> bool {
    let first = matches!(purpose, SharedFor::Opening)
        && std::mem::take(&mut state.sharing.reads_link);
    match (answer, purpose) {
        (Some(Answer::Session(session)), SharedFor::Opening) => {
            making::keep(state, effects);
            opening::open(state, session, effects);
            let waits = opening::waits_for_lists(state);
            return first && !waits && state.engine.generation == 0;
        }
        (Some(Answer::Text(text)), purpose) => {
            making::on_text(purpose, text, effects);
        }
        (Some(Answer::Failed(fault)), SharedFor::Opening) => {
            let (message, hint) = texts::not_opened(&fault);
            state.show_problem(Problem::with_hint(message, hint));
        }
        (Some(Answer::Failed(_)), SharedFor::Copy(_)) => {
            state.notify(texts::TOO_LONG);
        }
        // What cannot be kept of itself is no matter of the person's.
        (_, SharedFor::Keep(_)) => {}
        (_, _) => state.notify(texts::NOT_SHARED),
    }
    first
}
