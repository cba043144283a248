//! The page's keys, by where the focus is: in the explorer's region, in the chat, in text
//! fields, and nowhere else. Tab is never taken, and the keys that are single characters can
//! be switched off.

use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::state::{BranchesAction, ChatToken, State, Tab, WordsAction};

/// A key that goes down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// Control, or Command on a Mac.
    pub(crate) control: bool,
    pub(crate) shift: bool,
    pub(crate) alt: bool,
    /// An input method is composing a character with it.
    pub(crate) composing: bool,
}

/// Where the focus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyContext {
    /// In the prompt box.
    Prompt,
    /// In the message box.
    ChatInput,
    /// In the box of a message that is edited.
    ChatEdit,
    /// In the field for the native server's address.
    Address,
    /// In the box for a word.
    Word,
    /// In another text or number field, or a selection list.
    Field,
    /// On the button of a tab.
    Tab,
    /// On a row of the distribution.
    Row(usize),
    /// On a token of the text.
    Token(usize),
    /// On another button of the explorer's region.
    Button,
    /// Elsewhere in the explorer's region, which is the text and the distribution.
    Region,
    /// On a token of a reply.
    ReplyToken(ChatToken),
    /// Elsewhere in the chat.
    Chat,
    /// On a slider or checkbox, in the header, or on nothing.
    Elsewhere,
}

/// The action of a key; none if the key is left to the browser.
pub(crate) fn action(key: &Key, context: KeyContext, state: &State) -> Option<Action> {
    // An open dialog has its own keys, and an input method needs the keys that it composes
    // with.
    let in_dialog =
        state.help_open || state.models.open || state.models.question.is_some();
    if in_dialog || key.composing || key.alt {
        return None;
    }
    match context {
        KeyContext::Prompt
        | KeyContext::ChatInput
        | KeyContext::ChatEdit
        | KeyContext::Address
        | KeyContext::Word
        | KeyContext::Field => in_field(key, context),
        KeyContext::Elsewhere => None,
        KeyContext::Tab => on_tab(key, state),
        KeyContext::ReplyToken(at) => on_reply(key, at),
        KeyContext::Chat => (key.name == "Escape").then_some(Action::Escape),
        KeyContext::Row(_)
        | KeyContext::Token(_)
        | KeyContext::Button
        | KeyContext::Region => match key.control {
            true => with_control(key, state),
            false => in_region(key, context, state),
        },
    }
}

/// Whether the space bar starts or stops play, and so does not click the row with the focus.
pub(crate) fn space_plays(state: &State) -> bool {
    state.tab == Tab::Explorer && !state.keys_off
}

fn in_field(key: &Key, context: KeyContext) -> Option<Action> {
    match (context, key.name.as_str()) {
        (KeyContext::Prompt, "Enter") if key.control => Some(Action::Start),
        (KeyContext::ChatInput, "Enter") if !key.shift => {
            Some(Action::Chat(ChatAction::Send))
        }
        (KeyContext::ChatEdit, "Enter") if !key.shift => {
            Some(Action::Chat(ChatAction::TakeEdit))
        }
        (KeyContext::ChatEdit, "Escape") => Some(Action::Chat(ChatAction::CancelEdit)),
        (KeyContext::Word, "Enter") => Some(Action::Words(WordsAction::Watch)),
        (KeyContext::Address, "Enter") => Some(Action::Connect),
        (_, "Escape") => Some(Action::Escape),
        _ => None,
    }
}

fn on_tab(key: &Key, state: &State) -> Option<Action> {
    let other = match state.tab {
        Tab::Explorer => Tab::Chat,
        Tab::Chat => Tab::Explorer,
    };
    match key.name.as_str() {
        "ArrowLeft" | "ArrowRight" => Some(Action::ShowTab(other)),
        "Home" => Some(Action::ShowTab(Tab::Explorer)),
        "End" => Some(Action::ShowTab(Tab::Chat)),
        _ => None,
    }
}

fn on_reply(key: &Key, at: ChatToken) -> Option<Action> {
    match key.name.as_str() {
        _ if key.control => None,
        "ArrowLeft" => Some(Action::Chat(ChatAction::MoveToken(at, -1))),
        "ArrowRight" => Some(Action::Chat(ChatAction::MoveToken(at, 1))),
        "Home" => Some(Action::Chat(ChatAction::MoveToken(at, i32::MIN))),
        "End" => Some(Action::Chat(ChatAction::MoveToken(at, i32::MAX))),
        "Escape" => Some(Action::Escape),
        _ => None,
    }
}

fn with_control(key: &Key, state: &State) -> Option<Action> {
    let letter = key.name.to_ascii_lowercase();
    match letter.as_str() {
        "z" if key.shift => in_explorer(state, Action::Redo),
        "z" => in_explorer(state, Action::Undo),
        "y" => in_explorer(state, Action::Redo),
        "enter" => in_explorer(state, Action::Start),
        _ => None,
    }
}

fn in_region(key: &Key, context: KeyContext, state: &State) -> Option<Action> {
    if key.name.chars().count() == 1 {
        return character(&key.name, context, state);
    }
    // On a button, these keys are left to the browser.
    let free = context != KeyContext::Button;
    match key.name.as_str() {
        "Escape" => Some(Action::Escape),
        "Backspace" if free => in_explorer(state, Action::Undo),
        "ArrowLeft" | "ArrowRight" | "Home" | "End" if free => {
            sideways(&key.name, context, state)
        }
        "ArrowDown" if free => Some(Action::MoveRow(i32::from(in_list(context)))),
        "ArrowUp" if free => Some(Action::MoveRow(-1)),
        _ => None,
    }
}

/// The keys that are single characters.
fn character(name: &str, context: KeyContext, state: &State) -> Option<Action> {
    if state.keys_off || state.tab != Tab::Explorer {
        return None;
    }
    match name {
        "?" => Some(Action::ShowHelp(true)),
        "/" => Some(Action::Words(WordsAction::Open)),
        "p" | "P" => Some(Action::FocusPrompt),
        "[" => Some(Action::Branches(BranchesAction::StepFork(-1))),
        "]" => Some(Action::Branches(BranchesAction::StepFork(1))),
        "g" | "G" => Some(Action::Greedy),
        "s" | "S" => Some(Action::Sample),
        " " if context == KeyContext::Button => None,
        " " => Some(if state.playing() { Action::Stop } else { Action::Play }),
        digit => {
            let digit = digit.parse::<usize>().ok().filter(|d| (1..=9).contains(d))?;
            Some(Action::Pick(digit - 1))
        }
    }
}

fn sideways(name: &str, context: KeyContext, state: &State) -> Option<Action> {
    match (context, name) {
        (KeyContext::Token(_), "ArrowLeft") => Some(Action::MoveToken(-1)),
        (KeyContext::Token(_), "ArrowRight") => Some(Action::MoveToken(1)),
        (KeyContext::Token(_), "Home") => Some(Action::MoveToken(i32::MIN)),
        (KeyContext::Token(_), "End") => Some(Action::MoveToken(i32::MAX)),
        (_, "ArrowLeft") => in_explorer(state, Action::Undo),
        (KeyContext::Row(row), "ArrowRight") => in_explorer(state, Action::Pick(row)),
        (KeyContext::Row(_), "Home") => Some(Action::MoveRow(i32::MIN)),
        (KeyContext::Row(_), "End") => Some(Action::MoveRow(i32::MAX)),
        _ => None,
    }
}

/// Whether the arrow keys move on from a row. From elsewhere, the first arrow goes to the row
/// that was selected last.
fn in_list(context: KeyContext) -> bool {
    matches!(context, KeyContext::Row(_))
}

fn in_explorer(state: &State, action: Action) -> Option<Action> {
    (state.tab == Tab::Explorer).then_some(action)
}

#[cfg(test)]
mod tests;
