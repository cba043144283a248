//! What each key does in each context.

use super::*;

fn check(context: KeyContext, name: &str, expected: Option<Action>) {
    let key = Key { name: name.into(), ..Key::default() };
    assert_eq!(action(&key, context, &State::default()), expected, "{name} {context:?}");
}

fn check_control(context: KeyContext, name: &str, expected: Option<Action>) {
    let key = Key { name: name.into(), control: true, ..Key::default() };
    assert_eq!(action(&key, context, &State::default()), expected, "{name} {context:?}");
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
    check(row, "/", Some(Action::Words(WordsAction::Open)));
    check(row, "p", Some(Action::FocusPrompt));
    check(row, "]", Some(Action::Branches(BranchesAction::StepFork(1))));
    check(row, "?", Some(Action::ShowHelp(true)));
    check(row, "Escape", Some(Action::Escape));
    // A button answers to Enter itself.
    check(row, "Enter", None);
}

#[test]
fn tab_is_never_taken() {
    for context in
        [KeyContext::Region, KeyContext::Row(0), KeyContext::Token(0), KeyContext::Prompt]
    {
        check(context, "Tab", None);
    }
}

#[test]
fn text_fields_keep_their_keys() {
    for name in ["g", "s", " ", "/", "p", "?", "1", "ArrowLeft", "Backspace", "Enter"] {
        check(KeyContext::Prompt, name, None);
        check(KeyContext::Field, name, None);
    }
    check(KeyContext::Word, "Enter", Some(Action::Words(WordsAction::Watch)));
    check_control(KeyContext::Prompt, "z", None);
    check_control(KeyContext::Prompt, "Enter", Some(Action::Start));
    check(KeyContext::ChatInput, "Enter", Some(Action::Chat(ChatAction::Send)));
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

const ALL: [&str; 15] = [
    "1",
    "9",
    "g",
    "G",
    "s",
    " ",
    "/",
    "p",
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
    for name in ["1", "9", "g", "s", " ", "/", "p", "[", "]", "?"] {
        let key = Key { name: name.into(), ..Key::default() };
        assert_eq!(action(&key, KeyContext::Row(0), &state), None, "{name}");
    }
    let key = Key { name: "ArrowDown".into(), ..Key::default() };
    assert_eq!(action(&key, KeyContext::Row(0), &state), Some(Action::MoveRow(1)));
}

#[test]
fn along_a_reply_the_arrows_look_at_its_tokens_and_scroll_keys_scroll() {
    let at = ChatToken { exchange: 1, token: 4 };
    let context = KeyContext::ReplyToken(at);
    check(context, "ArrowLeft", Some(Action::Chat(ChatAction::MoveToken(at, -1))));
    check(context, "ArrowRight", Some(Action::Chat(ChatAction::MoveToken(at, 1))));
    check(context, "End", Some(Action::Chat(ChatAction::MoveToken(at, i32::MAX))));
    for name in ["ArrowDown", "ArrowUp", "PageDown", "1", "g"] {
        check(context, name, None);
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
    assert_eq!(action(&key, KeyContext::Region, &State::default()), Some(Action::Redo));
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
