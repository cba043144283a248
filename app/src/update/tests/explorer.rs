//! The explorer: starting, choosing, undo, looking back.

use protocol::{Command, ErrorCode, Event, Failure};

use super::TestPage;
use crate::action::Action;
use crate::state::{Draft, State, TokenOrigin};

#[test]
fn start_tokenises_once_and_asks_for_what_follows_and_for_scores() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt("hi".into()));
    page.act(Action::Start);
    assert!(matches!(page.commands()[..], [Command::Tokenize { .. }]));
    page.answer_next();
    assert!(
        matches!(page.commands()[..], [Command::NextToken { ids, .. }] if ids == &[104, 105])
    );
    page.answer_next();
    assert!(matches!(page.commands()[..], [Command::Score { .. }]));
    page.answer();
    assert_eq!(page.state.distributions_shown, 1);
    assert!(!page.is_scored(0));
    assert!(page.is_scored(1));
}

#[test]
fn an_empty_prompt_shows_a_problem_and_the_engine_is_not_asked() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt(String::new()));
    page.act(Action::Start);
    assert!(page.sent.is_empty());
    assert_eq!(page.problem(), "The prompt is empty.");
}

#[test]
fn white_space_is_a_prompt_as_any_other() {
    let page = TestPage::started(" \n");
    assert_eq!(page.ids(), [32, 10]);
    assert!(page.state.current().is_some());
}

#[test]
fn a_start_before_the_model_is_ready_waits_for_it() {
    let mut state = State::default();
    Draft::first_visit(&mut state);
    let mut page = TestPage::opened(state);
    page.act(Action::Start);
    page.load();
    assert!(matches!(page.commands()[..], [Command::Tokenize { .. }]));
}

#[test]
fn a_pick_appends_the_id_and_tokenises_nothing() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(1));
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { ids, .. }] if ids == &[104, 105, 98]
    ));
    page.answer();
    let node = page.state.explorer.tree.at(2).unwrap();
    assert_eq!(node.origin, TokenOrigin::Picked);
    assert_eq!(node.score_by(page.state.engine.model_id()).unwrap().surprisal_bits, 2.0);
}

#[test]
fn a_pick_from_rows_of_another_position_is_not_taken() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(0));
    page.act(Action::Pick(1));
    page.act(Action::Greedy);
    page.act(Action::Sample);
    assert_eq!(page.ids(), [104, 105, 97]);
    page.answer();
    page.act(Action::Pick(1));
    assert_eq!(page.ids(), [104, 105, 97, 98]);
}

#[test]
fn greedy_takes_the_top_and_sample_what_was_drawn_even_with_one_row() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(crate::state::Knob::Rows, 1.0));
    page.answer();
    page.act(Action::Greedy);
    page.answer();
    page.act(Action::Sample);
    page.answer();
    assert_eq!(page.ids(), [104, 105, b'a'.into(), b'c'.into()]);
}

#[test]
fn a_reset_while_busy_draws_nothing_late() {
    let mut page = TestPage::started("hi");
    let drawn = page.state.distributions_shown;
    page.act(Action::Pick(0));
    page.act(Action::Reset);
    assert!(
        page.commands().iter().any(|command| matches!(command, Command::Cancel { .. }))
    );
    page.answer();
    assert_eq!(page.state.distributions_shown, drawn);
    assert!(page.state.explorer.latest.is_none());
    assert!(page.ids().is_empty());
    assert_eq!(page.state.explorer.prompt, "hi");
}

#[test]
fn the_answer_to_an_abandoned_start_is_dropped() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt("old".into()));
    page.act(Action::Start);
    page.act(Action::EditPrompt("new".into()));
    page.act(Action::Start);
    page.answer();
    assert_eq!(page.ids(), [b'n', b'e', b'w'].map(u32::from));
}

#[test]
fn undo_and_redo_move_through_the_texts_and_ask_for_their_distributions() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(0));
    page.answer();
    page.act(Action::Undo);
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { ids, .. }] if ids == &[104, 105]
    ));
    page.answer();
    page.act(Action::Redo);
    page.answer();
    assert_eq!(page.ids(), [104, 105, 97]);
}

#[test]
fn looking_back_asks_for_what_a_token_came_from_and_changes_nothing() {
    let mut page = TestPage::started("hello");
    page.act(Action::LookBack(2));
    let [Command::NextToken { ids, watch, .. }] = page.commands()[..] else {
        panic!("{:?}", page.sent);
    };
    assert_eq!((ids.len(), &watch[..]), (2, &[u32::from(b'l')][..]));
    page.answer();
    assert_eq!(page.ids().len(), 5);
    page.act(Action::Escape);
    page.answer();
    assert_eq!(page.state.explorer.look_back, None);
    assert_eq!(page.state.current().unwrap().position, 5);
}

#[test]
fn a_token_that_was_chosen_remembers_what_from() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(1));
    page.answer();
    page.act(Action::TurnKnob(crate::state::Knob::Temperature, 1.5));
    page.answer();
    page.act(Action::LookBack(2));
    assert!(page.sent.is_empty(), "nothing needs to be asked");
    assert_eq!(page.state.current().unwrap().settings.temperature, 0.7);
}

#[test]
fn the_first_token_has_no_distribution() {
    let mut page = TestPage::started("hi");
    page.act(Action::LookBack(0));
    assert!(page.sent.is_empty());
    assert!(page.state.current().is_none());
}

#[test]
fn another_token_at_an_earlier_place_leaves_the_old_text_to_undo() {
    let mut page = TestPage::started("hello");
    page.act(Action::LookBack(2));
    page.answer();
    page.act(Action::Pick(0));
    page.answer();
    assert_eq!(page.ids(), [b'h', b'e', b'a'].map(u32::from));
    page.act(Action::Undo);
    page.answer();
    assert_eq!(page.ids(), b"hello".map(u32::from));
}

#[test]
fn a_failure_is_shown_and_nothing_is_lost() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(0));
    let id = page.sent[0].id;
    let failure = Failure {
        code: ErrorCode::Internal,
        message: "It broke.".into(),
        hint: Some("Try again.".into()),
    };
    page.reply(id, Event::Failed(failure));
    assert_eq!(page.problem(), "It broke.");
    assert_eq!(page.ids(), [104, 105, 97]);
    page.act(Action::Dismiss);
    assert!(page.state.error.is_none());
}

#[test]
fn a_full_context_takes_no_more_tokens() {
    let mut page = TestPage::started(&"x".repeat(64));
    page.act(Action::Greedy);
    assert_eq!(page.ids().len(), 64);
    assert!(page.problem().contains("context of 64 tokens is full"));
}

#[test]
fn scores_give_way_to_what_the_person_does() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt("hi".into()));
    page.act(Action::Start);
    page.answer_next();
    page.answer_next();
    let [Command::Score { .. }] = page.commands()[..] else { panic!("no scores") };
    page.act(Action::Pick(0));
    assert!(matches!(
        page.commands()[1..],
        [Command::Cancel { .. }, Command::NextToken { .. }]
    ));
    page.answer();
    assert!(page.is_scored(1));
}
