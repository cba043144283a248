//! Starting, choosing, going back, looking back.

use protocol::{Command, ErrorCode, Event, Failure};

use super::Bench;
use crate::action::Action;
use crate::state::{Draft, State, TokenOrigin};

#[test]
fn start_tokenises_once_and_asks_for_what_follows_and_for_scores() {
    let mut bench = Bench::ready();
    bench.act(Action::EditPrompt("hi".into()));
    bench.act(Action::Start);
    assert!(matches!(bench.commands()[..], [Command::Tokenize { .. }]));
    bench.answer_next();
    assert!(
        matches!(bench.commands()[..], [Command::NextToken { ids, .. }] if ids == &[104, 105])
    );
    bench.answer_next();
    assert!(matches!(bench.commands()[..], [Command::Score { .. }]));
    bench.answer();
    assert_eq!(bench.state.distributions_shown, 1);
    assert!(!bench.is_scored(0));
    assert!(bench.is_scored(1));
}

#[test]
fn an_empty_prompt_is_told_and_the_engine_is_not_asked() {
    let mut bench = Bench::ready();
    bench.act(Action::EditPrompt(String::new()));
    bench.act(Action::Start);
    assert!(bench.sent.is_empty());
    assert_eq!(bench.problem(), "The prompt is empty.");
}

#[test]
fn white_space_is_a_prompt_as_any_other() {
    let bench = Bench::started(" \n");
    assert_eq!(bench.ids(), [32, 10]);
    assert!(bench.state.current().is_some());
}

#[test]
fn a_start_before_the_model_is_ready_waits_for_it() {
    let mut state = State::default();
    Draft::first_visit(&mut state);
    let mut bench = Bench::opened(state);
    bench.act(Action::Start);
    bench.load();
    assert!(matches!(bench.commands()[..], [Command::Tokenize { .. }]));
}

#[test]
fn a_pick_appends_the_id_and_tokenises_nothing() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(1));
    assert!(matches!(
        bench.commands()[..],
        [Command::NextToken { ids, .. }] if ids == &[104, 105, 98]
    ));
    bench.answer();
    let node = bench.state.explorer.tree.at(2).unwrap();
    assert_eq!(node.origin, TokenOrigin::Picked);
    assert_eq!(node.score_by(bench.state.engine.model_id()).unwrap().surprisal_bits, 2.0);
}

#[test]
fn a_pick_from_rows_of_another_position_is_not_taken() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(0));
    bench.act(Action::Pick(1));
    bench.act(Action::Greedy);
    bench.act(Action::Sample);
    assert_eq!(bench.ids(), [104, 105, 97]);
    bench.answer();
    bench.act(Action::Pick(1));
    assert_eq!(bench.ids(), [104, 105, 97, 98]);
}

#[test]
fn greedy_takes_the_top_and_sample_what_was_drawn_even_with_one_row() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Turn(crate::state::Knob::Rows, 1.0));
    bench.answer();
    bench.act(Action::Greedy);
    bench.answer();
    bench.act(Action::Sample);
    bench.answer();
    assert_eq!(bench.ids(), [104, 105, b'a'.into(), b'c'.into()]);
}

#[test]
fn a_reset_while_busy_draws_nothing_late() {
    let mut bench = Bench::started("hi");
    let drawn = bench.state.distributions_shown;
    bench.act(Action::Pick(0));
    bench.act(Action::Reset);
    assert!(
        bench.commands().iter().any(|command| matches!(command, Command::Cancel { .. }))
    );
    bench.answer();
    assert_eq!(bench.state.distributions_shown, drawn);
    assert!(bench.state.explorer.latest.is_none());
    assert!(bench.ids().is_empty());
    assert_eq!(bench.state.explorer.prompt, "hi");
}

#[test]
fn the_answer_to_an_abandoned_start_is_dropped() {
    let mut bench = Bench::ready();
    bench.act(Action::EditPrompt("old".into()));
    bench.act(Action::Start);
    bench.act(Action::EditPrompt("new".into()));
    bench.act(Action::Start);
    bench.answer();
    assert_eq!(bench.ids(), [b'n', b'e', b'w'].map(u32::from));
}

#[test]
fn undo_and_redo_move_through_the_texts_and_ask_for_their_distributions() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(0));
    bench.answer();
    bench.act(Action::Undo);
    assert!(matches!(
        bench.commands()[..],
        [Command::NextToken { ids, .. }] if ids == &[104, 105]
    ));
    bench.answer();
    bench.act(Action::Redo);
    bench.answer();
    assert_eq!(bench.ids(), [104, 105, 97]);
}

#[test]
fn looking_back_asks_for_what_a_token_came_from_and_changes_nothing() {
    let mut bench = Bench::started("hello");
    bench.act(Action::LookBack(2));
    let [Command::NextToken { ids, watch, .. }] = bench.commands()[..] else {
        panic!("{:?}", bench.sent);
    };
    assert_eq!((ids.len(), &watch[..]), (2, &[u32::from(b'l')][..]));
    bench.answer();
    assert_eq!(bench.ids().len(), 5);
    bench.act(Action::Escape);
    bench.answer();
    assert_eq!(bench.state.explorer.look_back, None);
    assert_eq!(bench.state.current().unwrap().position, 5);
}

#[test]
fn a_token_that_was_chosen_remembers_what_from() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(1));
    bench.answer();
    bench.act(Action::Turn(crate::state::Knob::Temperature, 1.5));
    bench.answer();
    bench.act(Action::LookBack(2));
    assert!(bench.sent.is_empty(), "nothing needs to be asked");
    assert_eq!(bench.state.current().unwrap().settings.temperature, 0.7);
}

#[test]
fn the_first_token_has_no_distribution() {
    let mut bench = Bench::started("hi");
    bench.act(Action::LookBack(0));
    assert!(bench.sent.is_empty());
    assert!(bench.state.current().is_none());
}

#[test]
fn another_token_at_an_earlier_place_leaves_the_old_text_to_undo() {
    let mut bench = Bench::started("hello");
    bench.act(Action::LookBack(2));
    bench.answer();
    bench.act(Action::Pick(0));
    bench.answer();
    assert_eq!(bench.ids(), [b'h', b'e', b'a'].map(u32::from));
    bench.act(Action::Undo);
    bench.answer();
    assert_eq!(bench.ids(), b"hello".map(u32::from));
}

#[test]
fn a_failure_is_shown_and_nothing_is_lost() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(0));
    let id = bench.sent[0].id;
    let failure = Failure {
        code: ErrorCode::Internal,
        message: "It broke.".into(),
        hint: Some("Try again.".into()),
    };
    bench.reply(id, Event::Failed(failure));
    assert_eq!(bench.problem(), "It broke.");
    assert_eq!(bench.ids(), [104, 105, 97]);
    bench.act(Action::Dismiss);
    assert!(bench.state.error.is_none());
}

#[test]
fn a_full_context_takes_no_more_tokens() {
    let mut bench = Bench::started(&"x".repeat(64));
    bench.act(Action::Greedy);
    assert_eq!(bench.ids().len(), 64);
    assert!(bench.problem().contains("context of 64 tokens is full"));
}

#[test]
fn scores_give_way_to_what_the_person_does() {
    let mut bench = Bench::ready();
    bench.act(Action::EditPrompt("hi".into()));
    bench.act(Action::Start);
    bench.answer_next();
    bench.answer_next();
    let [Command::Score { .. }] = bench.commands()[..] else { panic!("no scores") };
    bench.act(Action::Pick(0));
    assert!(matches!(
        bench.commands()[1..],
        [Command::Cancel { .. }, Command::NextToken { .. }]
    ));
    bench.answer();
    assert!(bench.is_scored(1));
}
