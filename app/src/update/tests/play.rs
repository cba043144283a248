//! Sampling that goes on by itself.

use protocol::{Command, FinishReason};

use super::Bench;
use super::bench::{finished, generated};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::Knob;

/// A text on which play goes as fast as the model does.
fn playing() -> Bench {
    let mut bench = Bench::started("hi");
    bench.act(Action::Turn(Knob::Pace, 0.0));
    bench.act(Action::Play);
    bench
}

#[test]
fn tokens_are_appended_as_they_come_until_the_text_ends() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'x'));
    bench.reply(id, generated(0));
    assert_eq!(bench.ids(), [104, 105, 120, 0]);
    bench.reply(id, finished(FinishReason::EndOfText));
    assert!(!bench.state.playing());
    assert!(matches!(bench.commands()[..], [Command::NextToken { .. }]));
}

#[test]
fn stop_cancels_and_later_tokens_are_dropped() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'x'));
    bench.act(Action::Stop);
    assert!(matches!(
        bench.commands()[..],
        [Command::Cancel { request }, Command::NextToken { .. }] if *request == id
    ));
    bench.reply(id, generated(b'y'));
    assert_eq!(bench.ids(), [104, 105, 120]);
}

#[test]
fn playing_goes_on_past_the_most_tokens_of_one_request() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'x'));
    bench.reply(id, finished(FinishReason::MaxTokens));
    assert!(matches!(
        bench.commands()[..],
        [Command::Generate { ids, .. }] if ids == &[104, 105, 120]
    ));
}

#[test]
fn a_knob_turned_while_playing_counts_from_the_next_token_on() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.act(Action::Turn(Knob::Temperature, 1.5));
    bench.act(Action::Turn(Knob::Temperature, 1.6));
    assert!(bench.sent.is_empty());
    bench.reply(id, generated(b'x'));
    let [Command::Cancel { .. }, Command::Generate { ids, settings, .. }] =
        bench.commands()[..]
    else {
        panic!("{:?}", bench.sent);
    };
    assert_eq!((ids.len(), settings.temperature), (3, 1.6));
}

#[test]
fn looking_back_stops_playing() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'x'));
    bench.act(Action::LookBack(2));
    assert!(!bench.state.playing());
    assert_eq!(bench.state.explorer.look_back, Some(2));
}

#[test]
fn at_a_pace_each_token_waits_until_it_is_due() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Turn(Knob::Pace, 4.0));
    bench.act(Action::Play);
    let Some(Effect::After { ms: 250, action }) = bench.wanted.pop() else {
        panic!("{:?}", bench.wanted);
    };
    assert_eq!(bench.ids().len(), 2);
    bench.act(action.clone());
    assert_eq!(bench.ids().len(), 3);
    // A timer of a token that was taken already does nothing.
    bench.act(action);
    bench.answer();
    assert_eq!(bench.ids().len(), 3);
    assert!(matches!(bench.wanted.last(), Some(Effect::After { .. })));
    bench.act(Action::Stop);
    assert!(!bench.state.playing());
}

#[test]
fn undo_while_playing_stops_and_goes_back_one_token() {
    let mut bench = playing();
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'x'));
    bench.act(Action::Undo);
    assert_eq!(bench.ids(), [104, 105]);
    assert!(!bench.state.playing());
}
