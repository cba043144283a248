//! What belongs to the page as a whole: its tabs, Stop, Escape and the selected row.

use super::chat::cancel_edit;
use super::engine::stop_loading;
use super::explorer::{request_distribution, request_if_outdated, return_to_end};
use super::models::close_picker;
use super::numbers::stop_verifying;
use super::requests::Effects;
use super::stopping::{cancel_computations, stop_play, stop_reply};
use crate::effect::{Effect, Focus};
use crate::state::{State, Tab, Tool};
use crate::texts;

/// Shows a tab.
pub(super) fn show_tab(state: &mut State, tab: Tab, effects: &mut Effects) {
    if state.tab == tab {
        return;
    }
    state.tab = tab;
    state.inspected = None;
    state.selected_row = 0;
    // The element with the focus may be hidden now.
    effects.push(Effect::Focus(Focus::Tab(tab)));
    if tab == Tab::Explorer {
        request_if_outdated(state, effects);
    }
}

/// Stops whatever is under way.
pub(super) fn stop(state: &mut State, effects: &mut Effects) {
    if !state.engine.is_ready() {
        stop_loading(state, effects);
    } else if state.playing() {
        stop_play(state, effects);
        request_distribution(state, effects);
    } else if state.requests.chatting() {
        stop_reply(state, effects);
    } else if cancel_computations(state, effects) {
        state.notify(texts::page::STOPPED);
    }
}

/// Leaves whatever is open or under way, one thing at a time.
pub(super) fn escape(state: &mut State, effects: &mut Effects) {
    match state.tab {
        _ if state.help_open => state.help_open = false,
        _ if state.models.open => close_picker(state),
        Tab::Explorer if state.playing() => stop(state, effects),
        _ if state.verifying().is_some() => stop_verifying(state, effects),
        Tab::Explorer if state.explorer.look_back.is_some() => {
            return_to_end(state, effects);
            effects.push(Effect::Focus(Focus::Row(state.selected_row)));
        }
        Tab::Chat if state.requests.chatting() => stop_reply(state, effects),
        Tab::Chat if state.chat.edited().is_some() => cancel_edit(state, effects),
        Tab::Chat => state.chat.focus = None,
        Tab::Explorer if state.engine.is_ready() => state.error = None,
        // A problem that leaves the page without a model is dismissed by its own button.
        Tab::Explorer => {}
    }
}

/// Opens a tool in the place of the one that is open, or closes it if it is that one.
pub(super) fn toggle_tool(state: &mut State, tool: Tool, effects: &mut Effects) {
    let closes = state.open_tool() == Some(tool);
    state.tool = (!closes).then_some(tool);
    // The element with the focus may be hidden now.
    effects.push(Effect::Focus(Focus::ToolButton(tool)));
}

/// Selects the row that is `by` further down, or the first or last one, and focuses it.
pub(super) fn move_row(state: &mut State, by: i32, effects: &mut Effects) {
    let Some(view) = state.in_view() else { return };
    let last = view.distribution.candidates.len().saturating_sub(1);
    let row = state.selected_row.min(last).saturating_add_signed(by as isize).min(last);
    state.selected_row = row;
    effects.push(Effect::Focus(Focus::Row(row)));
}
