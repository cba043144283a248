//! Play: sampling one token after another.

use protocol::{Command, ErrorCode, Event, Failure, FinishReason, Request};

use super::TestPage;
use super::test_page::{finished, generated};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::Knob;

/// A page that plays as fast as the model.
fn playing() -> TestPage {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::Pace, 0.0));
    page.act(Action::Play);
    page
}

#[test]
fn tokens_are_appended_as_they_come_until_the_text_ends() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'x'));
    page.reply(id, generated(0));
    assert_eq!(page.ids(), [104, 105, 120, 0]);
    page.reply(id, finished(FinishReason::EndOfText));
    assert!(!page.state.playing());
    assert!(matches!(page.commands()[..], [Command::NextToken { .. }]));
}

#[test]
fn stop_cancels_and_later_tokens_are_dropped() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'x'));
    page.act(Action::Stop);
    assert!(matches!(
        page.commands()[..],
        [Command::Cancel { request }, Command::NextToken { .. }] if *request == id
    ));
    page.reply(id, generated(b'y'));
    assert_eq!(page.ids(), [104, 105, 120]);
}

#[test]
fn playing_goes_on_past_the_most_tokens_of_one_request() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'x'));
    page.reply(id, finished(FinishReason::MaxTokens));
    assert!(matches!(
        page.commands()[..],
        [Command::Generate { ids, .. }] if ids == &[104, 105, 120]
    ));
}

#[test]
fn a_knob_turned_while_playing_counts_from_the_next_token_on() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.act(Action::TurnKnob(Knob::Temperature, 1.5));
    page.act(Action::TurnKnob(Knob::Temperature, 1.6));
    assert!(page.sent.is_empty());
    page.reply(id, generated(b'x'));
    let [Command::Cancel { .. }, Command::Generate { ids, settings, .. }] =
        page.commands()[..]
    else {
        panic!("{:?}", page.sent);
    };
    assert_eq!((ids.len(), settings.temperature), (3, 1.6));
}

#[test]
fn looking_back_stops_playing() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'x'));
    page.act(Action::LookBack(2));
    assert!(!page.state.playing());
    assert_eq!(page.state.explorer.look_back, Some(2));
}

#[test]
fn at_a_pace_each_token_waits_until_it_is_due() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::Pace, 4.0));
    page.act(Action::Play);
    let Some(Effect::After { ms: 250, action }) = page.wanted.pop() else {
        panic!("{:?}", page.wanted);
    };
    assert_eq!(page.ids().len(), 2);
    page.act(action.clone());
    assert_eq!(page.ids().len(), 3);
    // The timer of a token that was appended already does nothing.
    page.act(action);
    page.answer();
    assert_eq!(page.ids().len(), 3);
    assert!(matches!(page.wanted.last(), Some(Effect::After { .. })));
    page.act(Action::Stop);
    assert!(!page.state.playing());
}

#[test]
fn at_a_pace_a_distribution_that_does_not_come_ends_playing() {
    let failure = || {
        let (code, message) = (ErrorCode::Internal, "It failed.".to_owned());
        Event::Failed(Failure { code, message, hint: None })
    };
    for ended in [failure(), finished(FinishReason::Cancelled)] {
        let mut page = TestPage::ready();
        page.act(Action::EditPrompt("hi".into()));
        page.act(Action::Start);
        page.answer_next();
        page.act(Action::TurnKnob(Knob::Pace, 4.0));
        page.act(Action::Play);
        assert!(page.state.playing());
        let id = page.sent[0].id;
        page.reply(id, ended);
        assert!(!page.state.playing());
    }
}

#[test]
fn a_stream_of_the_old_text_ends_when_the_new_text_comes() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::Pace, 0.0));
    page.act(Action::Example("new".into()));
    page.act(Action::Play);
    let generates = |request: &Request| match &request.command {
        Command::Generate { ids, .. } => Some((request.id, ids.clone())),
        _ => None,
    };
    let (id, ids) = page.sent.iter().find_map(generates).unwrap();
    assert_eq!(ids, [104, 105]);
    page.sent.retain(|request| request.id != id);
    page.answer_next();
    page.reply(id, generated(b'x'));
    assert_eq!(page.ids(), [110, 101, 119]);
    assert!(!page.state.playing());
}

#[test]
fn undo_while_playing_stops_and_goes_back_one_token() {
    let mut page = playing();
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'x'));
    page.act(Action::Undo);
    assert_eq!(page.ids(), [104, 105]);
    assert!(!page.state.playing());
}
