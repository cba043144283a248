//! What the keys do, wherever the focus is. Tab is never among them, and text fields
//! keep all keys that mean something in them.

use crate::action::Action;
use crate::state::{State, Tab};

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
pub(crate) enum Place {
    /// In the prompt box.
    Prompt,
    /// In the chat box.
    ChatInput,
    /// In the native server's address.
    Address,
    /// In another text or number field, or a list of choices.
    Field,
    /// On a slider, a button or a disclosure.
    Control,
    /// On a row of the distribution.
    Row(usize),
    /// On a token of the running text.
    Token(usize),
    /// On a token of a reply.
    ReplyToken,
    /// On nothing.
    Page,
}

/// What a key does. Some when it is taken from the browser.
pub(crate) fn action(key: &Key, place: Place, state: &State) -> Option<Action> {
    // The open help has its own keys; half-composed characters belong to no one.
    let in_dialog =
        state.help_open || state.models.open || state.models.question.is_some();
    if in_dialog || key.composing || key.alt {
        return None;
    }
    match place {
        Place::Prompt | Place::ChatInput | Place::Address | Place::Field => {
            in_field(key, place)
        }
        _ if key.control => with_control(key, state),
        _ => on_page(key, place, state),
    }
}

fn in_field(key: &Key, place: Place) -> Option<Action> {
    match (place, key.name.as_str()) {
        (Place::Prompt, "Enter") if key.control => Some(Action::Start),
        (Place::ChatInput, "Enter") if !key.shift => Some(Action::Send),
        (Place::Address, "Enter") => Some(Action::Connect),
        (_, "Escape") => Some(Action::Escape),
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

fn on_page(key: &Key, place: Place, state: &State) -> Option<Action> {
    // A button or slider answers to these itself.
    let free = !matches!(place, Place::Control);
    match key.name.as_str() {
        "Escape" => Some(Action::Escape),
        "?" => Some(Action::Help(true)),
        "/" => Some(Action::FocusPrompt),
        "g" | "G" => in_explorer(state, Action::Greedy),
        "s" | "S" => in_explorer(state, Action::Sample),
        " " if free && place != Place::ReplyToken => {
            in_explorer(state, if state.playing() { Action::Stop } else { Action::Play })
        }
        "Backspace" if free => in_explorer(state, Action::Undo),
        "ArrowLeft" | "ArrowRight" | "Home" | "End" if free => {
            sideways(&key.name, place, state)
        }
        "ArrowDown" if free => Some(Action::MoveRow(i32::from(in_list(place)))),
        "ArrowUp" if free => Some(Action::MoveRow(-1)),
        digit => {
            let digit = digit.parse::<usize>().ok().filter(|d| (1..=9).contains(d))?;
            Some(Action::Pick(digit - 1))
        }
    }
}

fn sideways(name: &str, place: Place, state: &State) -> Option<Action> {
    match (place, name) {
        (Place::Token(_), "ArrowLeft") => Some(Action::MoveToken(-1)),
        (Place::Token(_), "ArrowRight") => Some(Action::MoveToken(1)),
        (Place::Token(_), "Home") => Some(Action::MoveToken(i32::MIN)),
        (Place::Token(_), "End") => Some(Action::MoveToken(i32::MAX)),
        (_, "ArrowLeft") => in_explorer(state, Action::Undo),
        (Place::Row(row), "ArrowRight") => Some(Action::Pick(row)),
        (Place::Row(_), "Home") => Some(Action::MoveRow(i32::MIN)),
        (Place::Row(_), "End") => Some(Action::MoveRow(i32::MAX)),
        _ => None,
    }
}

/// From elsewhere the first arrow goes to the row that was left last.
fn in_list(place: Place) -> bool {
    matches!(place, Place::Row(_))
}

fn in_explorer(state: &State, action: Action) -> Option<Action> {
    (state.tab == Tab::Explorer).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(place: Place, name: &str, expected: Option<Action>) {
        let key = Key { name: name.into(), ..Key::default() };
        assert_eq!(action(&key, place, &State::default()), expected, "{name} {place:?}");
    }

    fn check_control(place: Place, name: &str, expected: Option<Action>) {
        let key = Key { name: name.into(), control: true, ..Key::default() };
        assert_eq!(action(&key, place, &State::default()), expected, "{name} {place:?}");
    }

    #[test]
    fn on_the_list_every_step_has_a_key() {
        let row = Place::Row(2);
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
        for place in [Place::Page, Place::Row(0), Place::Token(0), Place::Prompt] {
            check(place, "Tab", None);
        }
    }

    #[test]
    fn text_fields_keep_their_keys() {
        for name in ["g", "s", " ", "/", "?", "1", "ArrowLeft", "Backspace", "Enter"] {
            check(Place::Prompt, name, None);
            check(Place::Field, name, None);
        }
        check_control(Place::Prompt, "z", None);
        check_control(Place::Prompt, "Enter", Some(Action::Start));
        check(Place::ChatInput, "Enter", Some(Action::Send));
        let key = Key { name: "Enter".into(), shift: true, ..Key::default() };
        assert_eq!(action(&key, Place::ChatInput, &State::default()), None);
        let key = Key { name: "Enter".into(), composing: true, ..Key::default() };
        assert_eq!(action(&key, Place::ChatInput, &State::default()), None);
    }

    #[test]
    fn sliders_and_buttons_keep_arrows_and_space() {
        for name in ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " ", "Enter"] {
            check(Place::Control, name, None);
        }
        check(Place::Control, "g", Some(Action::Greedy));
    }

    #[test]
    fn undo_and_redo_work_anywhere_but_in_text() {
        check_control(Place::Page, "z", Some(Action::Undo));
        check_control(Place::Control, "y", Some(Action::Redo));
        let key = Key { name: "Z".into(), control: true, shift: true, ..Key::default() };
        assert_eq!(action(&key, Place::Page, &State::default()), Some(Action::Redo));
    }

    #[test]
    fn along_the_text_the_arrows_look_back_and_forth() {
        check(Place::Token(4), "ArrowLeft", Some(Action::MoveToken(-1)));
        check(Place::Token(4), "ArrowRight", Some(Action::MoveToken(1)));
    }

    #[test]
    fn the_explorer_s_keys_do_nothing_in_the_chat() {
        let state = State { tab: Tab::Chat, ..State::default() };
        for name in ["g", "s", " ", "Backspace"] {
            let key = Key { name: name.into(), ..Key::default() };
            assert_eq!(action(&key, Place::Page, &state), None, "{name}");
        }
    }
}
