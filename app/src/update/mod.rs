//! How the state changes. Pure: an update returns the effects that the app has to perform.
//!
//! From the bottom: `requests` sends and cancels; `stopping`, `numbers` and `connection` stand on it;
//! `explorer`, `chat`, `models` and `engine` are the page's domains; `replies` and `link` pass
//! on what the engine says; this file passes on actions.

mod chat;
mod connection;
mod engine;
mod explorer;
mod lessons;
mod link;
mod models;
mod numbers;
mod page;
mod replies;
mod requests;
mod sampler;
mod sharing;
mod startup;
mod stopping;
#[cfg(test)]
pub(crate) mod tests;
mod tools;

use crate::action::{Action, PictureResult};
use crate::effect::{Effect, Focus};
use crate::state::{Inspected, Knob, Problem, Remedy, State, Tab};
use crate::texts;
use requests::Effects;

/// The first effects of a page whose state holds what was stored.
pub(crate) fn begin(state: &mut State) -> Effects {
    let mut effects = Effects::new();
    startup::begin(state, &mut effects);
    effects
}

/// Changes the state by an action and returns the effects of that.
pub(crate) fn update(state: &mut State, action: Action) -> Effects {
    let mut effects = Effects::new();
    // A problem without a remedy is solved by doing something else, which this is.
    let is_solved = |error: &Problem| error.remedy == Remedy::None;
    if action.moves_on() && state.error.as_ref().is_some_and(is_solved) {
        state.error = None;
    }
    let end = state.explorer.tree.path().last().copied();
    apply(state, action, &mut effects);
    // A text that has changed is shown at its end, where it changed.
    if end != state.explorer.tree.path().last().copied() {
        state.explorer.first_shown = None;
    }
    numbers::stop_if_out_of_view(state, &mut effects);
    sampler::refresh(state, &mut effects);
    tools::refresh(state, &mut effects);
    effects
}

fn apply(state: &mut State, action: Action, effects: &mut Effects) {
    match action {
        Action::ShowTab(tab) => page::show_tab(state, tab, effects),

        Action::EditPrompt(text) => explorer::edit_prompt(state, text, effects),
        Action::TypingPaused(edits) => explorer::request_prompt(state, edits, effects),
        Action::Example(text) => {
            state.explorer.prompt = text;
            explorer::start(state, effects);
        }
        Action::Start => explorer::start(state, effects),
        Action::Pick(row) => match state.tab {
            Tab::Explorer => explorer::append_row(state, row, effects),
            Tab::Chat => chat::replace_token(state, row, effects),
        },
        Action::Greedy => explorer::append_greedy(state, effects),
        Action::Sample => explorer::append_sampled(state, effects),
        Action::Play => explorer::start_play(state, effects),
        Action::AppendDueToken(tail) => explorer::take_due_token(state, tail, effects),
        Action::Stop => page::stop(state, effects),
        Action::Undo => explorer::undo(state, effects),
        Action::Redo => explorer::redo(state, effects),
        Action::Reset => explorer::clear_text(state, effects),
        Action::LookBack(index) => explorer::look_back(state, index, effects),
        Action::Return => explorer::return_to_end(state, effects),
        Action::ShowTokens(direction) => explorer::show_tokens(state, direction),
        Action::CopyText => effects.push(Effect::Copy(state.explorer.text())),
        Action::Copied(true) => state.notify(texts::page::COPIED),
        Action::PictureSaved(result) => match result {
            PictureResult::Saved => {}
            PictureResult::Copied => state.notify(texts::page::COPIED),
            PictureResult::NotCopied => state.notify(texts::page::PICTURE_NOT_COPIED),
            PictureResult::NotDrawn => state.notify(texts::page::NO_PICTURE),
        },
        Action::Copied(false) => state.notify(texts::page::NOT_COPIED),

        Action::Verify => numbers::verify(state, effects),
        Action::StopVerifying => numbers::stop_verifying(state, effects),

        Action::Words(action) => tools::on_words_action(state, action, effects),
        Action::Scores(action) => tools::on_scores_action(state, action, effects),
        Action::Branches(action) => tools::on_branches_action(state, action, effects),
        Action::Compare(action) => tools::on_comparison_action(state, action, effects),
        Action::Draws(action) => tools::on_draws_action(state, action),
        Action::Sampler(action) => sampler::on_action(state, action, effects),
        Action::Inside(action) => tools::on_inside_action(state, action, effects),
        Action::Guess(action) => tools::on_guess_action(state, action, effects),
        Action::Lesson(action) => lessons::on_action(state, action, effects),
        Action::Sharing(action) => {
            if sharing::on_action(state, action, effects) {
                startup::begin_engine(state, effects);
            }
        }
        Action::ToggleTool(tool) => page::toggle_tool(state, tool, effects),
        Action::ToggleToolSize => state.tool_large = !state.tool_large,
        Action::ToggleSheet => state.room.toggle_sheet(),
        Action::HoldSheet(height) => state.room.hold_sheet(height),
        Action::ReleaseSheet => state.room.release_sheet(),
        Action::SetTextRoom(part) => state.room.set_text(part),
        Action::ChangeTextRoom(by) => state.room.change_text(by),
        Action::ToggleSpecialTokens => explorer::toggle_special_tokens(state, effects),
        Action::ToggleMonospace => state.knobs.monospace = !state.knobs.monospace,

        Action::TurnKnob(knob, value) => {
            if state.knobs.turn(knob, value) {
                explorer::on_knob_turned(state, knob, effects);
                if knob == Knob::Rows && state.tab == Tab::Chat {
                    chat::request_rows(state, effects);
                }
            }
        }
        Action::SetScale(scale) => state.knobs.scale = scale,
        Action::Reroll => effects.push(Effect::RollSeed),

        Action::Chat(action) => chat::update(state, action, effects),

        Action::UseBackend(backend) => engine::use_backend(state, backend, effects),
        Action::EditAddress(address) => state.engine.native_address = address,
        Action::Connect => engine::connect_to_server(state, effects),
        Action::Restart => {
            // Its engine is gone if the browser had put the page aside.
            tools::close_side(state, effects);
            engine::restart(state, effects);
        }
        Action::UseGpu(gpu) => engine::use_gpu(state, gpu, effects),
        Action::TryGpuAgain => engine::try_gpu_again(state, effects),
        Action::UseDemo => engine::use_demo(state, effects),

        Action::ShowPicker(true) => models::open_picker(state, effects),
        Action::ShowPicker(false) => models::close_picker(state),
        Action::EditModelFilter(words) => state.models.filter = words,
        Action::EditModel(name) => models::edit_model(state, name),
        Action::EditToken(token) => models::edit_token(state, &token),
        Action::KeepToken(keep) => models::keep_token(state, keep),
        Action::EditHub(address) => models::edit_hub(state, address),
        Action::AnswerHubQuestion(accepted) => {
            models::answer_hub_question(state, accepted, effects);
        }
        Action::Remembered(now) => state.models.take_remembered(*now),
        Action::ListFiles => models::list_files(state, effects),
        Action::ChooseTyped => models::choose_typed(state, effects),
        Action::Choose(name, precision) => {
            models::choose(state, &name, precision, effects);
        }
        Action::ChooseOnServer(name) => {
            models::choose_on_server(state, name, effects);
        }
        Action::SetPrecision(precision) => state.models.precision = precision,
        Action::ChooseFiles(files) => models::choose_files(state, files, effects),
        Action::FilesFound(found) => models::on_files_found(state, found, effects),
        Action::DeleteModel(name, precision) => {
            models::delete_model(state, name, precision, effects);
        }
        Action::CancelDownload => models::cancel_download(state, effects),
        Action::DismissNotice => state.models.notice = None,

        Action::Dismiss => {
            state.error = None;
            state.engine.failed = None;
        }
        Action::UseKeys(on) => {
            state.keys_off = !on;
            effects.push(Effect::KeepKeys(on));
        }
        Action::ShowHelp(open) => state.help_open = open,
        Action::MoveRow(by) => page::move_row(state, by, effects),
        Action::SelectRow(row) => {
            state.selected_row = row;
            state.inspected = Some(Inspected::Row(row));
        }
        Action::MoveToken(by) => explorer::move_along(state, by, effects),
        Action::Inspect(inspected) => state.inspected = inspected,
        Action::Escape => page::escape(state, effects),
        Action::FocusPrompt => effects.push(Effect::Focus(match state.tab {
            Tab::Explorer => Focus::Prompt,
            Tab::Chat => Focus::ChatInput,
        })),

        Action::CatalogueRead(read) => startup::on_catalogue(state, read, effects),
        Action::ServerProbed(models) => startup::on_server_probed(state, models, effects),
        Action::Link { generation, event } if generation == state.engine.generation => {
            link::on_link_event(state, event, effects);
        }
        Action::SideLink { generation, event } => {
            tools::on_side_link(state, generation, event, effects);
        }
        Action::LinkHeld { generation } if generation == state.engine.generation => {
            state.engine.deaths = 0;
        }
        Action::AskAgain { generation } if generation == state.engine.generation => {
            connection::request_model(state, effects);
        }
        Action::AnswerDue { generation } if generation == state.engine.generation => {
            engine::on_answer_due(state, effects);
        }
        Action::Reconnect { generation } if generation == state.engine.generation => {
            connection::connect(state, effects);
        }
        // These are of an earlier connection.
        Action::Link { .. }
        | Action::LinkHeld { .. }
        | Action::AskAgain { .. }
        | Action::AnswerDue { .. }
        | Action::Reconnect { .. } => {}
    }
}
