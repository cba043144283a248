//! Native servers that cannot be reached, do not answer, or are lost.

use protocol::{ErrorCode, Event, Failure};

use super::Bench;
use super::bench::generated;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::{Effect, Focus};
use crate::state::{BackendKind, Tab};

/// Lets the time pass that a server has to answer.
fn wait(bench: &mut Bench) {
    let due = bench.wanted.iter().rev().find_map(|effect| match effect {
        Effect::After { action: action @ Action::AnswerDue { .. }, .. } => Some(action),
        _ => None,
    });
    let due = due.cloned().unwrap();
    bench.act(due);
}

#[test]
fn an_address_that_is_none_leaves_the_model_at_hand_alone() {
    let mut bench = Bench::started("hi");
    bench.act(Action::EditAddress("foo bar".into()));
    bench.act(Action::Connect);
    assert!(bench.problem().contains("foo bar"), "{}", bench.problem());
    assert!(bench.state.engine.is_ready());
    assert_eq!(bench.wanted.last(), Some(&Effect::Focus(Focus::Address)));
}

#[test]
fn a_server_that_does_not_answer_in_time_is_given_up_and_the_model_comes_back() {
    let mut bench = Bench::started("hi");
    bench.act(Action::EditAddress("192.168.0.9:5005".into()));
    bench.act(Action::Connect);
    let late = bench.state.engine.generation;
    wait(&mut bench);
    assert!(bench.problem().contains("Nothing answered at 192.168.0.9:5005"));
    assert!(bench.wanted.contains(&Effect::Disconnect));
    bench.load();
    bench.answer();
    assert!(bench.state.engine.is_ready());
    assert_eq!(bench.state.engine.backend, BackendKind::Worker);
    // What the server says after that is late.
    bench.act(Action::Link { generation: late, event: LinkEvent::Open });
    assert!(bench.state.engine.is_ready());
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_given_up_too() {
    let mut bench = Bench::ready();
    bench.act(Action::EditAddress("localhost:5005".into()));
    bench.act(Action::Connect);
    bench.link(LinkEvent::Open);
    wait(&mut bench);
    assert!(bench.problem().contains("took the connection"), "{}", bench.problem());
}

#[test]
fn a_server_that_answers_has_all_the_time_it_needs() {
    let mut bench = Bench::ready();
    bench.act(Action::EditAddress("localhost:5005".into()));
    bench.act(Action::Connect);
    bench.link(LinkEvent::Open);
    let describe = bench.sent.remove(0).id;
    let (code, message) = (ErrorCode::Loading, "Still loading.".to_owned());
    bench.reply(describe, Event::Failed(Failure { code, message, hint: None }));
    wait(&mut bench);
    assert!(bench.state.error.is_none());
    assert_eq!(bench.state.engine.backend, BackendKind::Native);
}

#[test]
fn a_server_that_cannot_be_reached_is_not_tried_again_and_again() {
    let mut bench = Bench::ready();
    bench.act(Action::EditAddress("localhost:1".into()));
    bench.act(Action::Connect);
    bench.die();
    assert!(bench.problem().contains("Can’t reach a server"), "{}", bench.problem());
    assert!(bench.problem().contains("localhost:1"));
    bench.load();
    assert_eq!(bench.state.engine.backend, BackendKind::Worker);
}

#[test]
fn a_lost_connection_keeps_the_reply_as_far_as_it_came_and_the_alert_goes() {
    let mut bench = Bench::ready();
    bench.act(Action::EditAddress("localhost:5005".into()));
    bench.act(Action::Connect);
    bench.load();
    bench.act(Action::ShowTab(Tab::Chat));
    bench.act(Action::EditChat("hello".into()));
    bench.act(Action::Send);
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'o'));
    bench.die();
    assert_eq!(bench.state.chat.exchanges[0].reply().answer(), "o");
    let hint = bench.state.error.as_ref().and_then(|error| error.hint.clone()).unwrap();
    assert!(hint.contains("ends where it was"), "{hint}");
    let generation = bench.state.engine.generation;
    bench.act(Action::Reconnect { generation });
    bench.load();
    assert!(bench.state.error.is_none());
    let notice = bench.state.models.notice.clone().unwrap();
    assert!(notice.contains("reconnected"), "{notice}");
}
