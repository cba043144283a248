//! Conversations, and what becomes of turns that fail.

use protocol::{Command, ErrorCode, Event, Failure, FinishReason, Role};

use super::Bench;
use super::bench::{finished, generated, token_of};
use crate::action::Action;
use crate::state::{ChatToken, Draft, State, Tab};
use crate::view::panel_model::PanelModel;

/// A chat in which a question has been sent.
fn asked(question: &str) -> (Bench, protocol::RequestId) {
    let mut bench = Bench::ready();
    bench.act(Action::ShowTab(Tab::Chat));
    bench.act(Action::EditChat(question.into()));
    bench.act(Action::Send);
    let id = bench.sent.remove(0).id;
    (bench, id)
}

/// A chat with one reply, `ok` and the end.
fn answered() -> Bench {
    let (mut bench, id) = asked("hello");
    bench.reply(id, Event::Prompt { tokens: vec![token_of(b'p')] });
    for byte in [b'o', b'k', 0] {
        bench.reply(id, generated(byte));
    }
    bench.reply(id, finished(FinishReason::EndOfText));
    bench
}

fn failure() -> Event {
    Event::Failed(Failure {
        code: ErrorCode::Internal,
        message: "It broke.".into(),
        hint: None,
    })
}

#[test]
fn a_reply_is_streamed_and_kept_for_the_next_turn_without_special_tokens() {
    let mut bench = answered();
    bench.act(Action::EditChat("and?".into()));
    bench.act(Action::Send);
    let [Command::Chat { messages, .. }] = bench.commands()[..] else {
        panic!("{:?}", bench.sent);
    };
    let told: Vec<_> =
        messages.iter().map(|message| (message.role, &message.content[..])).collect();
    assert_eq!(
        told,
        [(Role::User, "hello"), (Role::Assistant, "ok"), (Role::User, "and?")]
    );
}

#[test]
fn the_chat_uses_its_own_temperature_and_the_shown_sampler() {
    use crate::state::Knob;
    let mut bench = Bench::ready();
    bench.act(Action::Turn(Knob::ChatTemperature, 1.1));
    bench.act(Action::Turn(Knob::TopP, 0.9));
    bench.act(Action::EditChat("hello".into()));
    bench.act(Action::Send);
    assert!(matches!(
        bench.commands()[..],
        [Command::Chat { settings, max_new_tokens: 200, .. }]
            if settings.temperature == 1.1 && settings.top_p == 0.9
    ));
}

#[test]
fn a_failed_turn_leaves_the_history_and_its_text_returns_to_the_box() {
    let (mut bench, id) = asked("hello");
    bench.reply(id, failure());
    assert!(bench.state.chat.exchanges.is_empty());
    assert_eq!(bench.state.chat.input, "hello");
    assert_eq!(bench.problem(), "It broke.");
}

#[test]
fn what_was_written_before_a_failure_stays() {
    let (mut bench, id) = asked("hello");
    bench.reply(id, generated(b'o'));
    bench.reply(id, failure());
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "o");
    assert_eq!(bench.problem(), "It broke.");
    assert!(bench.state.chat.input.is_empty());
}

#[test]
fn text_that_was_typed_meanwhile_is_kept_beside_what_returns() {
    let (mut bench, id) = asked("hello");
    bench.act(Action::EditChat("more".into()));
    bench.reply(id, failure());
    assert_eq!(bench.state.chat.input, "hello\nmore");
}

#[test]
fn an_empty_message_is_not_sent() {
    let mut bench = Bench::ready();
    bench.act(Action::EditChat("  ".into()));
    bench.act(Action::Send);
    assert!(bench.sent.is_empty());
    assert!(bench.state.error.is_some());
}

#[test]
fn stop_keeps_what_has_come() {
    let (mut bench, id) = asked("hello");
    bench.reply(id, generated(b'o'));
    bench.act(Action::StopChat);
    bench.reply(id, generated(b'k'));
    let reply = bench.state.chat.exchanges[0].reply();
    assert_eq!(
        (reply.answer().as_str(), reply.finish),
        ("o", Some(FinishReason::Cancelled))
    );
}

#[test]
fn stop_before_the_first_token_takes_the_turn_back() {
    let (mut bench, _) = asked("hello");
    bench.act(Action::StopChat);
    assert!(bench.state.chat.exchanges.is_empty());
    assert_eq!(bench.state.chat.input, "hello");
}

#[test]
fn clearing_in_the_middle_of_a_reply_draws_nothing_late() {
    let (mut bench, id) = asked("hello");
    bench.act(Action::ClearChat);
    bench.reply(id, generated(b'o'));
    assert!(bench.state.chat.exchanges.is_empty());
}

#[test]
fn another_token_in_the_newest_reply_makes_a_variant_that_goes_on_from_there() {
    let mut bench = answered();
    bench.act(Action::LookAtReply(ChatToken { exchange: 0, token: 1 }));
    bench.act(Action::Pick(0));
    let [Command::Generate { ids, max_new_tokens, .. }] = bench.commands()[..] else {
        panic!("{:?}", bench.sent);
    };
    assert_eq!(ids, &[b'p', b'o', b'a'].map(u32::from));
    assert_eq!(*max_new_tokens, 198);
    let id = bench.sent[0].id;
    bench.reply(id, generated(b'y'));
    bench.reply(id, finished(FinishReason::EndOfText));
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "oay");
    bench.act(Action::Variant(-1));
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "ok");
}

#[test]
fn a_variant_that_fails_stays_beside_the_reply_as_it_was() {
    let mut bench = answered();
    bench.act(Action::LookAtReply(ChatToken { exchange: 0, token: 1 }));
    bench.act(Action::Pick(0));
    let id = bench.sent[0].id;
    bench.reply(id, failure());
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "oa");
    bench.act(Action::Variant(-1));
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "ok");
    assert_eq!(bench.state.chat.exchanges.len(), 1);
}

#[test]
fn a_chat_that_was_cleared_comes_back_until_another_is_begun() {
    let mut bench = answered();
    bench.act(Action::ClearChat);
    assert!(bench.state.chat.exchanges.is_empty());
    bench.act(Action::BringBackChat);
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "ok");
    bench.act(Action::ClearChat);
    bench.act(Action::EditChat("another".into()));
    bench.act(Action::Send);
    bench.act(Action::BringBackChat);
    assert_eq!(bench.state.chat.exchanges.len(), 1);
    assert_eq!(bench.state.chat.exchanges[0].question, "another");
}

#[test]
fn the_explorer_takes_over_the_ids_that_the_model_saw_and_wrote() {
    let mut bench = answered();
    bench.act(Action::OpenInExplorer(0));
    assert_eq!(bench.state.tab, Tab::Explorer);
    assert_eq!(bench.ids(), [b'p', b'o', b'k', 0].map(u32::from));
    assert!(matches!(
        bench.commands()[..],
        [Command::NextToken { ids, .. }] if ids.len() == 4
    ));
}

#[test]
fn a_reply_of_an_earlier_visit_is_computed_again_where_it_is_looked_at() {
    let before = answered();
    let draft = serde_json::to_string(&Draft::of(&before.state)).unwrap();
    let mut state = State::default();
    serde_json::from_str::<Draft>(&draft).unwrap().restore(&mut state);
    let mut bench = Bench::opened(state);
    bench.load();
    bench.answer();
    let reply = bench.state.chat.exchanges[0].reply();
    assert_eq!((reply.answer().as_str(), reply.tokens.len()), ("ok", 3));
    assert_eq!(reply.finish, Some(FinishReason::EndOfText));
    bench.act(Action::ShowTab(Tab::Chat));
    assert!(PanelModel::of(&bench.state).empty.contains("earlier visit"));
    bench.act(Action::LookAtReply(ChatToken { exchange: 0, token: 1 }));
    // First whether the ids mean the same to this model, then what was asked.
    assert!(matches!(
        bench.commands()[..],
        [Command::Score { ids }] if ids == &[b'p', b'o', b'k', 0].map(u32::from)
    ));
    assert!(PanelModel::of(&bench.state).computing);
    bench.answer_next();
    let [Command::NextToken { ids, watch, .. }] = bench.commands()[..] else {
        panic!("{:?}", bench.sent);
    };
    assert_eq!((&ids[..], &watch[..]), (&[112, 111][..], &[107][..]));
}

#[test]
fn a_reply_of_another_model_is_told_to_be_so_and_not_computed() {
    let before = answered();
    let mut state = State::default();
    let draft = Draft::of(&before.state);
    draft.restore(&mut state);
    let mut bench = Bench::opened(state);
    bench.load();
    bench.act(Action::ShowTab(Tab::Chat));
    bench.act(Action::LookAtReply(ChatToken { exchange: 0, token: 0 }));
    let id = bench.sent.remove(0).id;
    let tokens = [1, 2, 3, 4]
        .map(|id| protocol::ScoredToken { token: token_of(id), score: None })
        .into();
    bench.reply(id, Event::Scored { tokens, timings: Default::default() });
    assert!(bench.sent.is_empty());
    let told = PanelModel::of(&bench.state).empty;
    assert!(told.contains("written by Toy"), "{told}");
}
