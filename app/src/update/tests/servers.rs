//! Native servers that cannot be reached, do not answer, or are lost.

use protocol::{ErrorCode, Event, Failure};

use super::TestPage;
use super::test_page::generated;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::chat_action::ChatAction;
use crate::effect::{Effect, Focus};
use crate::state::{BackendKind, Tab};

/// Lets the time for the server's first answer pass.
fn wait(page: &mut TestPage) {
    let due = page.wanted.iter().rev().find_map(|effect| match effect {
        Effect::After { action: action @ Action::AnswerDue { .. }, .. } => Some(action),
        _ => None,
    });
    let due = due.cloned().unwrap();
    page.act(due);
}

#[test]
fn an_address_that_is_none_leaves_the_model_at_hand_alone() {
    let mut page = TestPage::started("hi");
    page.act(Action::EditAddress("foo bar".into()));
    page.act(Action::Connect);
    assert!(page.problem().contains("foo bar"), "{}", page.problem());
    assert!(page.state.engine.is_ready());
    assert_eq!(page.wanted.last(), Some(&Effect::Focus(Focus::Address)));
}

#[test]
fn a_server_that_does_not_answer_in_time_is_given_up_and_the_model_comes_back() {
    let mut page = TestPage::started("hi");
    page.act(Action::EditAddress("192.168.0.9:5005".into()));
    page.act(Action::Connect);
    let late = page.state.engine.generation;
    wait(&mut page);
    assert!(page.problem().contains("Nothing answered at 192.168.0.9:5005"));
    assert!(page.wanted.contains(&Effect::Disconnect));
    page.load();
    page.answer();
    assert!(page.state.engine.is_ready());
    assert_eq!(page.state.engine.backend, BackendKind::Worker);
    // What the server says after that is outdated.
    page.act(Action::Link { generation: late, event: LinkEvent::Open });
    assert!(page.state.engine.is_ready());
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_given_up_too() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:5005".into()));
    page.act(Action::Connect);
    page.link(LinkEvent::Open);
    wait(&mut page);
    assert!(page.problem().contains("accepted the connection"), "{}", page.problem());
}

#[test]
fn a_server_that_answers_has_all_the_time_it_needs() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:5005".into()));
    page.act(Action::Connect);
    page.link(LinkEvent::Open);
    let describe = page.sent.remove(0).id;
    let (code, message) = (ErrorCode::Loading, "Still loading.".to_owned());
    page.reply(describe, Event::Failed(Failure { code, message, hint: None }));
    wait(&mut page);
    assert!(page.state.error.is_none());
    assert_eq!(page.state.engine.backend, BackendKind::Native);
}

#[test]
fn a_server_that_cannot_be_reached_is_not_tried_again_and_again() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:1".into()));
    page.act(Action::Connect);
    page.die();
    assert!(page.problem().contains("Can’t reach a server"), "{}", page.problem());
    assert!(page.problem().contains("localhost:1"));
    page.load();
    assert_eq!(page.state.engine.backend, BackendKind::Worker);
}

#[test]
fn a_lost_connection_keeps_the_reply_as_far_as_it_came_and_the_alert_goes() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:5005".into()));
    page.act(Action::Connect);
    page.load();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::EditInput("hello".into())));
    page.act(Action::Chat(ChatAction::Send));
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'o'));
    page.die();
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "o");
    let hint = page.state.error.as_ref().and_then(|error| error.hint.clone()).unwrap();
    assert!(hint.contains("stops where it was"), "{hint}");
    let generation = page.state.engine.generation;
    page.act(Action::Reconnect { generation });
    page.load();
    assert!(page.state.error.is_none());
    let notice = page.state.models.notice.clone().unwrap();
    assert!(notice.contains("reconnected"), "{notice}");
}
