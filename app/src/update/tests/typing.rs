//! The tokens of the prompt while it is typed, the tools, and long texts.

use protocol::Command;

use super::TestPage;
use crate::action::{Action, Direction};
use crate::effect::Effect;
use crate::state::{MAX_TOKENS_SHOWN, Tab, Tool};

fn pause(page: &mut TestPage) {
    let last = page.wanted.iter().rev().find_map(|effect| match effect {
        Effect::After { action: action @ Action::TypingPaused(_), .. } => Some(action),
        _ => None,
    });
    let paused = last.expect("an edit starts the pause").clone();
    page.act(paused);
}

fn prompt_tokens(page: &TestPage) -> Option<usize> {
    let model = page.state.engine.model_id();
    page.state.explorer.prompt_tokens(model).map(<[_]>::len)
}

#[test]
fn a_pause_in_typing_shows_the_tokens_of_the_prompt_and_leaves_the_text() {
    let mut page = TestPage::started("hi");
    page.act(Action::EditPrompt("hello".into()));
    assert_eq!(prompt_tokens(&page), None);
    pause(&mut page);
    page.answer();
    assert_eq!(prompt_tokens(&page), Some(5));
    assert_eq!(page.ids(), [104, 105]);
    page.act(Action::EditPrompt("hello you".into()));
    assert_eq!(prompt_tokens(&page), None, "they are of another prompt");
}

#[test]
fn only_the_last_pause_asks_and_never_beside_other_work() {
    let mut page = TestPage::started("hi");
    page.act(Action::EditPrompt("a".into()));
    page.act(Action::EditPrompt("ab".into()));
    page.act(Action::TypingPaused(page.state.explorer.edits - 1));
    assert!(page.sent.is_empty());
    page.act(Action::Greedy);
    assert_eq!(page.sent.len(), 1);
    pause(&mut page);
    assert!(matches!(page.commands()[..], [Command::NextToken { .. }]));
}

#[test]
fn names_of_special_tokens_are_tokens_only_if_the_person_wants_that() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt("<|im_start|>".into()));
    for wanted in [false, true] {
        page.act(Action::Start);
        let commands = page.commands();
        let Command::Tokenize { options, .. } = commands[0] else { panic!() };
        assert_eq!(options.special_tokens, wanted);
        page.answer();
        page.act(Action::ToggleSpecialTokens);
        page.answer();
    }
}

#[test]
fn one_tool_is_open_at_a_time_and_its_button_closes_it() {
    let mut page = TestPage::ready();
    page.act(Action::ToggleTool(Tool::Verify));
    assert_eq!(page.state.open_tool(), Some(Tool::Verify));
    page.act(Action::ShowTab(Tab::Chat));
    assert_eq!(page.state.open_tool(), Some(Tool::Verify), "both tabs have it");
    page.act(Action::ToggleTool(Tool::Verify));
    assert_eq!(page.state.open_tool(), None);
}

#[test]
fn of_a_long_text_earlier_tokens_can_be_shown_until_it_changes() {
    let mut page = TestPage::started(&"a".repeat(3000));
    let end = 3000 - MAX_TOKENS_SHOWN..3000;
    assert_eq!(page.state.explorer.shown(), end);
    page.act(Action::ShowTokens(Direction::Earlier));
    assert_eq!(page.state.explorer.shown().start, 0);
    page.act(Action::ShowTokens(Direction::Later));
    assert_eq!(page.state.explorer.shown(), end);
    page.act(Action::ShowTokens(Direction::Earlier));
    page.act(Action::Undo);
    page.act(Action::Redo);
    assert_eq!(page.state.explorer.shown(), end);
}
