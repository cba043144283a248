//! What the keys do where the focus is: in the explorer's region, which announces them, in
//! text fields that have some of their own, and nowhere else. Tab is never among them, and
//! the keys that are single characters can be switched off.

use crate::action::Action;
use crate::state::{ChatToken, State, Tab};

/// A key that went down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// Control, or Command on a Mac.
    pub(crate) control: bool,
    pub(crate) shift: bool,
    pub(crate) alt: bool,
    /// An input method is composing a character.
    pub(crate) composing: bool,
}

/// Where the focus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyContext {
    /// In the prompt box.
    Prompt,
    /// In the chat box.
    ChatInput,
    /// In the native server's address.
    Address,
    /// In another text or number field, or a list of choices.
    Field,
    /// On the button of a tab.
    Tab,
    /// On a row of the distribution.
    Row(usize),
    /// On a token of the running text.
    Token(usize),
    /// On another button of the running text or of the distribution.
    Button,
    /// Elsewhere in the running text or the distribution.
    Region,
    /// On a token of a reply.
    ReplyToken(ChatToken),
    /// Elsewhere in the chat.
    Chat,
    /// On a slider, in the header, on nothing.
    Elsewhere,
}

/// What a key does. Some when it is taken from the browser.
pub(crate) fn action(key: &Key, place: KeyContext, state: &State) -> Option<Action> {
    // The open help has its own keys; half-composed characters belong to no one.
    let in_dialog =
        state.help_open || state.models.open || state.models.question.is_some();
    if in_dialog || key.composing || key.alt {
        return None;
    }
    match place {
        KeyContext::Prompt
        | KeyContext::ChatInput
        | KeyContext::Address
        | KeyContext::Field => in_field(key, place),
        KeyContext::Elsewhere => None,
        KeyContext::Tab => on_tab(key, state),
        KeyContext::ReplyToken(at) => on_reply(key, at),
        KeyContext::Chat => (key.name == "Escape").then_some(Action::Escape),
        KeyContext::Row(_)
        | KeyContext::Token(_)
        | KeyContext::Button
        | KeyContext::Region => match key.control {
            true => with_control(key, state),
            false => in_region(key, place, state),
        },
    }
}

/// Whether the space bar plays, in place of pressing the row that has the focus.
pub(crate) fn space_plays(state: &State) -> bool {
    state.tab == Tab::Explorer && !state.keys_off
}

fn in_field(key: &Key, place: KeyContext) -> Option<Action> {
    match (place, key.name.as_str()) {
        (KeyContext::Prompt, "Enter") if key.control => Some(Action::Start),
        (KeyContext::ChatInput, "Enter") if !key.shift => Some(Action::Send),
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
        "ArrowLeft" => Some(Action::MoveReplyToken(at, -1)),
        "ArrowRight" => Some(Action::MoveReplyToken(at, 1)),
        "Home" => Some(Action::MoveReplyToken(at, i32::MIN)),
        "End" => Some(Action::MoveReplyToken(at, i32::MAX)),
        "Escape" => Some(Action::Escape),
        _ => None,
    }
}

fn with_control(key: &Key, state: &State) -> Option<Action> {
    let letter = key.name.to_lowercase();
    match letter.as_str() {
        "z" if key.shift => in_explorer(state, Action::Redo),
        "z" => in_explorer(state, Action::Undo),
        "y" => in_explorer(state, Action::Redo),
        "enter" => in_explorer(state, Action::Start),
        _ => None,
    }
}

fn in_region(key: &Key, place: KeyContext, state: &State) -> Option<Action> {
    if key.name.chars().count() == 1 {
        return character(&key.name, place, state);
    }
    // A button answers to the arrows' neighbours itself.
    let free = place != KeyContext::Button;
    match key.name.as_str() {
        "Escape" => Some(Action::Escape),
        "Backspace" if free => in_explorer(state, Action::Undo),
        "ArrowLeft" | "ArrowRight" | "Home" | "End" if free => {
            sideways(&key.name, place, state)
        }
        "ArrowDown" if free => Some(Action::MoveRow(i32::from(in_list(place)))),
        "ArrowUp" if free => Some(Action::MoveRow(-1)),
        _ => None,
    }
}

/// The keys that are single characters.
fn character(name: &str, place: KeyContext, state: &State) -> Option<Action> {
    if state.keys_off || state.tab != Tab::Explorer {
        return None;
    }
    match name {
        "?" => Some(Action::Help(true)),
        "/" => Some(Action::FocusPrompt),
        "g" | "G" => Some(Action::Greedy),
        "s" | "S" => Some(Action::Sample),
        " " if place == KeyContext::Button => None,
        " " => Some(if state.playing() { Action::Stop } else { Action::Play }),
        digit => {
            let digit = digit.parse::<usize>().ok().filter(|d| (1..=9).contains(d))?;
            Some(Action::Pick(digit - 1))
        }
    }
}

fn sideways(name: &str, place: KeyContext, state: &State) -> Option<Action> {
    match (place, name) {
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

/// From elsewhere the first arrow goes to the row that was left last.
fn in_list(place: KeyContext) -> bool {
    matches!(place, KeyContext::Row(_))
}

fn in_explorer(state: &State, action: Action) -> Option<Action> {
    (state.tab == Tab::Explorer).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: KeyContext, name: &str, expected: Option<Action>) {
        let key = Key { name: name.into(), ..Key::default() };
        assert_eq!(action(&key, place, &State::default()), expected, "{name} {place:?}");
    }

    fn check_control(place: KeyContext, name: &str, expected: Option<Action>) {
        let key = Key { name: name.into(), control: true, ..Key::default() };
        assert_eq!(action(&key, place, &State::default()), expected, "{name} {place:?}");
    }

    #[test]
    fn on_the_list_every_step_has_a_key() {
        let row = KeyContext::Row(2);
        check(row, "ArrowDown", Some(Action::MoveRow(1)));
        check(row, "ArrowUp", Some(Action::MoveRow(-1)));
        check(row, "ArrowRight", Some(Action::Pick(2)));
        check(row, "ArrowLeft", Some(Action::Undo));
        check(row, "Backspace", Some(Action::Undo));
        check(row, "1", Some(Action::Pick(0)));
        check(row, "9", Some(Action::Pick(8)));
        check(row, "0", None);
        check(row, "g", Some(Action::Greedy));
        check(row, "s", Some(Action::Sample));
        check(row, " ", Some(Action::Play));
        check(row, "/", Some(Action::FocusPrompt));
        check(row, "?", Some(Action::Help(true)));
        check(row, "Escape", Some(Action::Escape));
        // A button answers to Enter itself.
        check(row, "Enter", None);
    }

    #[test]
    fn tab_is_never_taken() {
        for place in [
            KeyContext::Region,
            KeyContext::Row(0),
            KeyContext::Token(0),
            KeyContext::Prompt,
        ] {
            check(place, "Tab", None);
        }
    }

    #[test]
    fn text_fields_keep_their_keys() {
        for name in ["g", "s", " ", "/", "?", "1", "ArrowLeft", "Backspace", "Enter"] {
            check(KeyContext::Prompt, name, None);
            check(KeyContext::Field, name, None);
        }
        check_control(KeyContext::Prompt, "z", None);
        check_control(KeyContext::Prompt, "Enter", Some(Action::Start));
        check(KeyContext::ChatInput, "Enter", Some(Action::Send));
        let key = Key { name: "Enter".into(), shift: true, ..Key::default() };
        assert_eq!(action(&key, KeyContext::ChatInput, &State::default()), None);
        let key = Key { name: "Enter".into(), composing: true, ..Key::default() };
        assert_eq!(action(&key, KeyContext::ChatInput, &State::default()), None);
    }

    #[test]
    fn buttons_of_the_region_keep_arrows_and_space() {
        for name in ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " ", "Enter"] {
            check(KeyContext::Button, name, None);
        }
        check(KeyContext::Button, "g", Some(Action::Greedy));
    }

    const ALL: [&str; 14] = [
        "1",
        "9",
        "g",
        "G",
        "s",
        " ",
        "/",
        "?",
        "Backspace",
        "ArrowLeft",
        "ArrowDown",
        "Home",
        "Enter",
        "Escape",
    ];

    #[test]
    fn on_sliders_and_without_focus_in_the_region_no_key_does_anything() {
        for name in ALL {
            check(KeyContext::Elsewhere, name, None);
            check_control(KeyContext::Elsewhere, name, None);
        }
        for name in ["z", "y"] {
            check_control(KeyContext::Elsewhere, name, None);
        }
    }

    #[test]
    fn keys_that_are_characters_can_be_switched_off() {
        let state = State { keys_off: true, ..State::default() };
        for name in ["1", "9", "g", "s", " ", "/", "?"] {
            let key = Key { name: name.into(), ..Key::default() };
            assert_eq!(action(&key, KeyContext::Row(0), &state), None, "{name}");
        }
        let key = Key { name: "ArrowDown".into(), ..Key::default() };
        assert_eq!(action(&key, KeyContext::Row(0), &state), Some(Action::MoveRow(1)));
    }

    #[test]
    fn along_a_reply_the_arrows_look_at_its_tokens_and_scroll_keys_scroll() {
        let at = ChatToken { exchange: 1, token: 4 };
        let place = KeyContext::ReplyToken(at);
        check(place, "ArrowLeft", Some(Action::MoveReplyToken(at, -1)));
        check(place, "ArrowRight", Some(Action::MoveReplyToken(at, 1)));
        check(place, "End", Some(Action::MoveReplyToken(at, i32::MAX)));
        for name in ["ArrowDown", "ArrowUp", "PageDown", "1", "g"] {
            check(place, name, None);
            check(KeyContext::Chat, name, None);
        }
    }

    #[test]
    fn the_arrows_go_from_tab_to_tab() {
        check(KeyContext::Tab, "ArrowRight", Some(Action::ShowTab(Tab::Chat)));
        check(KeyContext::Tab, "Home", Some(Action::ShowTab(Tab::Explorer)));
        check(KeyContext::Tab, "1", None);
    }

    #[test]
    fn undo_and_redo_work_anywhere_in_the_region() {
        check_control(KeyContext::Region, "z", Some(Action::Undo));
        check_control(KeyContext::Button, "y", Some(Action::Redo));
        let key = Key { name: "Z".into(), control: true, shift: true, ..Key::default() };
        assert_eq!(
            action(&key, KeyContext::Region, &State::default()),
            Some(Action::Redo)
        );
    }

    #[test]
    fn along_the_text_the_arrows_look_back_and_forth() {
        check(KeyContext::Token(4), "ArrowLeft", Some(Action::MoveToken(-1)));
        check(KeyContext::Token(4), "ArrowRight", Some(Action::MoveToken(1)));
    }

    #[test]
    fn the_explorer_s_keys_do_nothing_in_the_chat() {
        let state = State { tab: Tab::Chat, ..State::default() };
        for name in ["g", "s", " ", "Backspace", "1", "ArrowRight"] {
            let key = Key { name: name.into(), ..Key::default() };
            assert_eq!(action(&key, KeyContext::Row(0), &state), None, "{name}");
        }
    }
}
