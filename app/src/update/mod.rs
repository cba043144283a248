//! How the state changes. Pure: what is to be done outside is returned, not done.

mod chat;
mod distribution;
mod engine;
pub(crate) mod explorer;
mod inspect;
mod models;
mod play;
mod replies;
#[cfg(test)]
pub(crate) mod tests;

use protocol::{Command, ModelSource, Request};

use crate::action::Action;
use crate::effect::{Effect, Focus};
use crate::state::{BackendKind, Inspected, Purpose, Remedy, State, Tab};

/// What an update wants done, in order.
type Effects = Vec<Effect>;

/// Changes the state by an action; what is to be done because of it.
pub(crate) fn update(state: &mut State, action: Action) -> Effects {
    let mut effects = Effects::new();
    apply(state, action, &mut effects);
    effects
}

/// The page's first steps, once the state holds what was kept.
pub(crate) fn begin(state: &mut State) -> Effects {
    let mut effects = vec![Effect::Probe];
    if models::begin_with_files(state, &mut effects) {
        return effects;
    }
    let on_hub = matches!(state.engine.source, ModelSource::Hub(_));
    if on_hub && state.engine.backend == BackendKind::Worker {
        state.engine.awaits_catalogue = true;
        effects.push(Effect::ReadCatalogue);
    } else {
        if state.models.question.is_some() {
            // What the answer may need.
            effects.push(Effect::ReadCatalogue);
        }
        engine::connect(state, &mut effects);
    }
    effects
}

fn apply(state: &mut State, action: Action, effects: &mut Effects) {
    if goes_on(&action) && state.error.as_ref().is_some_and(|e| e.remedy == Remedy::None)
    {
        // It was to be solved by doing something else, which this is.
        state.error = None;
    }
    match action {
        Action::ShowTab(tab) => show_tab(state, tab, effects),

        Action::EditPrompt(text) => state.explorer.prompt = text,
        Action::Example(text) => {
            state.explorer.prompt = text;
            explorer::start(state, effects);
        }
        Action::Start => explorer::start(state, effects),
        Action::Pick(row) => match state.tab {
            Tab::Explorer => explorer::pick(state, row, effects),
            Tab::Chat => chat::replace(state, row, effects),
        },
        Action::Greedy => explorer::greedy(state, effects),
        Action::Sample => explorer::sample(state, effects),
        Action::Undo => explorer::undo(state, effects),
        Action::Redo => explorer::redo(state, effects),
        Action::Reset => explorer::reset(state, effects),
        Action::LookBack(index) => explorer::look_back(state, index, effects),
        Action::Return => explorer::come_back(state, effects),
        Action::CopyText => effects.push(Effect::Copy(explorer::text(state))),
        Action::CopyReply(exchange) => chat::copy_reply(state, exchange, effects),
        Action::Copied(done) => state.notify(match done {
            true => "Copied.",
            false => {
                "The browser did not let the page copy. Select the text and copy it."
            }
        }),
        Action::Play => play::start(state, effects),
        Action::PlayOn(tail) => play::take_due(state, tail, effects),
        Action::Stop => stop(state, effects),

        Action::Turn(knob, value) => {
            if state.knobs.turn(knob, value) {
                distribution::knob_turned(state, knob, effects);
            }
        }
        Action::SetScale(scale) => state.knobs.scale = scale,
        Action::Reroll => effects.push(Effect::RollSeed),

        Action::EditChat(text) => state.chat.input = text,
        Action::Send => chat::send(state, effects),
        Action::StopChat => chat::stop(state, effects),
        Action::ClearChat => chat::clear(state, effects),
        Action::BringBackChat => chat::bring_back(state, effects),
        Action::MoveReplyToken(from, by) => chat::move_along(state, from, by, effects),
        Action::LookAtReply(token) => chat::look_at(state, token, effects),
        Action::Variant(by) => chat::variant(state, by),
        Action::OpenInExplorer(exchange) => {
            chat::open_in_explorer(state, exchange, effects);
        }

        Action::UseBackend(backend) => engine::use_backend(state, backend, effects),
        Action::EditAddress(address) => state.engine.native_address = address,
        Action::Connect => engine::use_native(state, effects),
        Action::Restart => engine::restart(state, effects),
        Action::UseDemo => engine::use_demo(state, effects),
        Action::Models(true) => models::open(state, effects),
        Action::Models(false) => models::close(state),
        Action::EditModel(name) => {
            state.models.typed = name;
            state.models.typed_error = None;
        }
        Action::EditToken(token) => models::edit_token(state, &token),
        Action::KeepToken(keep) => models::keep_token(state, keep),
        Action::EditHub(address) => models::edit_hub(state, address),
        Action::AnswerHubQuestion(wanted) => {
            models::answer_question(state, wanted, effects);
        }
        Action::Remembered(now) => state.models.take_remembered(*now),
        Action::ChooseTyped => models::choose_typed(state, effects),
        Action::Choose(name, precision) => {
            models::choose(state, &name, precision, effects);
        }
        Action::SetPrecision(precision) => state.models.precision = precision,
        Action::ChooseFiles(files) => models::choose_files(state, files, effects),
        Action::FilesFound(found) => models::files_found(state, found, effects),
        Action::DeleteModel(name, precision) => {
            models::delete(state, name, precision, effects);
        }
        Action::CancelDownload => models::cancel(state, effects),
        Action::CatalogueRead(read) => models::catalogue_read(state, read, effects),
        Action::Dismiss => {
            state.error = None;
            state.engine.failed = None;
        }
        Action::UseKeys(on) => {
            state.keys_off = !on;
            effects.push(Effect::KeepKeys(on));
        }
        Action::DismissNotice => state.models.notice = None,
        Action::Help(open) => state.help_open = open,

        Action::MoveRow(by) => move_row(state, by, effects),
        Action::SelectRow(row) => {
            state.selected_row = row;
            state.inspected = Some(Inspected::Row(row));
        }
        Action::MoveToken(by) => explorer::move_along(state, by, effects),
        Action::Inspect(inspected) => state.inspected = inspected,
        Action::Escape => escape(state, effects),
        Action::FocusPrompt => match state.tab {
            Tab::Explorer => effects.push(Effect::Focus(Focus::Prompt)),
            Tab::Chat => effects.push(Effect::Focus(Focus::ChatInput)),
        },

        Action::NativeHere(models) => models::native_here(state, models, effects),
        Action::Link { generation, event } if generation == state.engine.generation => {
            engine::heard(state, event, effects);
        }
        Action::LinkHeld { generation } if generation == state.engine.generation => {
            state.engine.deaths = 0;
        }
        Action::AskAgain { generation } if generation == state.engine.generation => {
            engine::ask_for_model(state, effects);
        }
        Action::AnswerDue { generation } if generation == state.engine.generation => {
            engine::answer_due(state, effects);
        }
        Action::Reconnect { generation } if generation == state.engine.generation => {
            engine::connect(state, effects);
        }
        // Of an earlier connection.
        Action::Link { .. }
        | Action::LinkHeld { .. }
        | Action::AskAgain { .. }
        | Action::AnswerDue { .. }
        | Action::Reconnect { .. } => {}
    }
}

/// Whether a person turns to something else, so that what was said of the last thing is
/// over.
fn goes_on(action: &Action) -> bool {
    matches!(
        action,
        Action::Start
            | Action::Example(_)
            | Action::Pick(_)
            | Action::Greedy
            | Action::Sample
            | Action::Play
            | Action::Undo
            | Action::Redo
            | Action::Reset
            | Action::LookBack(_)
            | Action::MoveToken(_)
            | Action::Return
            | Action::Send
            | Action::ClearChat
            | Action::BringBackChat
            | Action::LookAtReply(_)
            | Action::MoveReplyToken(..)
            | Action::Variant(_)
            | Action::OpenInExplorer(_)
    )
}

/// Sends a command whose replies are wanted.
fn ask(state: &mut State, purpose: Purpose, command: Command, effects: &mut Effects) {
    let id = state.requests.open(purpose);
    effects.push(Effect::Send(Request { id, command }));
}

/// Drops what is open of some kind, and tells the engine that it need not go on.
fn abandon(
    state: &mut State,
    which: impl Fn(&Purpose) -> bool,
    effects: &mut Effects,
) -> bool {
    let closed = state.requests.close_all(which);
    let any = !closed.is_empty();
    for request in closed {
        let id = state.requests.fresh();
        effects.push(Effect::Send(Request { id, command: Command::Cancel { request } }));
    }
    any
}

/// Stops what is being computed, for something else: there is one model.
fn make_way(state: &mut State, effects: &mut Effects) {
    state.explorer.paced_play = false;
    state.explorer.restart_play = false;
    // The reply that was just asked for has no request yet.
    if state.requests.chatting() {
        chat::stop(state, effects);
    }
    abandon(
        state,
        |purpose| !matches!(purpose, Purpose::Model | Purpose::Models),
        effects,
    );
}

fn show_tab(state: &mut State, tab: Tab, effects: &mut Effects) {
    if state.tab == tab {
        return;
    }
    state.tab = tab;
    state.inspected = None;
    state.selected_row = 0;
    // What had the focus may be hidden by now.
    effects.push(Effect::Focus(Focus::Tab(tab)));
    if tab == Tab::Explorer {
        distribution::catch_up(state, effects);
    }
}

fn stop(state: &mut State, effects: &mut Effects) {
    if !state.engine.is_ready() {
        engine::stop_loading(state, effects);
    } else if state.playing() {
        play::stop(state, effects);
        distribution::refresh(state, effects);
    } else if state.requests.chatting() {
        chat::stop(state, effects);
    } else if state.requests.busy() {
        let computing =
            |purpose: &Purpose| !matches!(purpose, Purpose::Model | Purpose::Models);
        abandon(state, computing, effects);
        state.notify("Stopped.");
    }
}

fn escape(state: &mut State, effects: &mut Effects) {
    match state.tab {
        _ if state.help_open => state.help_open = false,
        _ if state.models.open => models::close(state),
        Tab::Explorer if state.playing() => stop(state, effects),
        Tab::Explorer if state.explorer.look_back.is_some() => {
            explorer::come_back(state, effects);
            effects.push(Effect::Focus(Focus::Row(state.selected_row)));
        }
        Tab::Chat if state.requests.chatting() => chat::stop(state, effects),
        Tab::Chat => state.chat.focus = None,
        Tab::Explorer if state.engine.is_ready() => state.error = None,
        // What there is no model without is dismissed by its own button.
        Tab::Explorer => {}
    }
}

fn move_row(state: &mut State, by: i32, effects: &mut Effects) {
    let Some(view) = state.in_view() else { return };
    let last = view.distribution.candidates.len().saturating_sub(1);
    let row = state.selected_row.min(last).saturating_add_signed(by as isize).min(last);
    state.selected_row = row;
    effects.push(Effect::Focus(Focus::Row(row)));
}
