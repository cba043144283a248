//! Links and traces of what is on screen.

use sharing::Request;

use super::data_files::save_data;
use super::vocabulary;
use crate::effect::Effect;
use crate::figures::Figure;
use crate::state::{FigureKind, PastSession, SavedFormat, SharedFor, State};
use crate::texts;
use crate::update::requests::Effects;

/// Copies a link to what is on screen, and keeps it for later visits.
pub(super) fn copy_link(state: &mut State, effects: &mut Effects) {
    let purpose = SharedFor::Copy(state.session_title());
    ask_for_link(state, purpose, effects);
}

/// Keeps what is on screen for later visits, if there is anything.
pub(super) fn keep(state: &mut State, effects: &mut Effects) {
    let explorer = &state.explorer;
    let is_empty = explorer.tree.path().is_empty() && explorer.prompt.trim().is_empty();
    if !is_empty && state.sharing.recorded_by.is_none() {
        let purpose = SharedFor::Keep(state.session_title());
        if let Some(session) = state.session(false) {
            let request = Box::new(Request::Link { session });
            effects.push(Effect::AskSharing { request, purpose });
        }
    }
}

/// Saves what is on screen as a file.
pub(super) fn save(state: &mut State, effects: &mut Effects) {
    match state.session(true) {
        Some(session) => {
            let request = Box::new(Request::Trace { session });
            let purpose = SharedFor::File;
            effects.push(Effect::AskSharing { request, purpose });
            keep(state, effects);
        }
        None => state.notify(texts::sharing::NOTHING),
    }
}

/// Saves the figure that is chosen, or copies it.
pub(super) fn save_figure(state: &mut State, format: SavedFormat, effects: &mut Effects) {
    let kind = state.sharing.figure;
    if kind == FigureKind::Vocabulary {
        return vocabulary::ask(state, format, effects);
    }
    let Some(Figure { picture, data }) = Figure::of(state, kind) else {
        return state.notify(texts::figures::NOTHING);
    };
    let picture = Box::new(picture);
    let saved = save_data(kind.name(), &data, format);
    let name = kind.name();
    effects.push(saved.unwrap_or(Effect::SavePicture { name, picture, format }));
}

/// Takes a link or a file that was made.
pub(super) fn on_text(purpose: SharedFor, text: String, effects: &mut Effects) {
    let past = |title: crate::state::Title, link: String| PastSession {
        title: title.text,
        model: title.model,
        saved: 0.0,
        link,
    };
    match purpose {
        SharedFor::Copy(title) => {
            effects.push(Effect::CopyAddress(text.clone()));
            effects.push(Effect::KeepSession(past(title, text)));
        }
        SharedFor::Keep(title) => effects.push(Effect::KeepSession(past(title, text))),
        SharedFor::File => effects.push(Effect::Save {
            name: "session.json".into(),
            media: "application/json",
            text,
        }),
        SharedFor::Opening => {}
    }
}

fn ask_for_link(state: &mut State, purpose: SharedFor, effects: &mut Effects) {
    match state.session(false) {
        Some(session) => {
            let request = Box::new(Request::Link { session });
            effects.push(Effect::AskSharing { request, purpose });
        }
        None => state.notify(texts::sharing::NOTHING),
    }
}
