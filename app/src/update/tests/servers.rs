//! Native servers that cannot be reached, do not answer, or are lost.

use protocol::{
    Command, ErrorCode, Event, Failure, HubModel, ModelDescription, ModelSource,
    Precision, StoredModel, StoredModels,
};

use super::TestPage;
use super::test_page::{description, generated};
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

/// A page of a server that runs a model and has another.
fn on_server() -> TestPage {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:5005".into()));
    page.act(Action::Connect);
    page.load();
    page.act(Action::ShowPicker(true));
    let list = page.sent.remove(0);
    assert_eq!(list.command, Command::ListModels);
    let model = |name: &str| StoredModel {
        name: name.into(),
        precision: Precision::Auto,
        bytes: 7,
        total: 7,
    };
    let models = vec![model("demo"), model("owner/other")];
    let listed = StoredModels { models, used: None, quota: None };
    page.reply(list.id, Event::Models(listed));
    page
}

#[test]
fn another_model_of_the_server_is_chosen_and_runs_there() {
    let mut page = on_server();
    assert_eq!(page.state.models.on_server.len(), 2);
    assert!(page.state.models.stored.is_none(), "nothing is stored in the browser");
    page.act(Action::ChooseOnServer("owner/other".into()));
    assert!(!page.state.models.open);
    let load = page.sent.remove(0);
    let model =
        HubModel { name: "owner/other".into(), stored_only: true, ..HubModel::default() };
    let source = ModelSource::Hub(model);
    assert_eq!(load.command, Command::Load { source, precision: Precision::Auto });
    // The server asks to be asked again while it loads.
    let (code, message) = (ErrorCode::Loading, "Still loading.".to_owned());
    page.reply(load.id, Event::Failed(Failure { code, message, hint: None }));
    let generation = page.state.engine.generation;
    page.act(Action::AskAgain { generation });
    let again = page.sent.remove(0);
    assert_eq!(again.command, Command::Describe);
    let ready = ModelDescription { name: "owner/other".into(), ..description() };
    page.reply(again.id, Event::Ready(ready));
    assert!(page.state.engine.is_ready());
    assert_eq!(page.state.engine.backend, BackendKind::Native);
    assert_eq!(page.state.engine.source, ModelSource::Demo, "the browser keeps its own");
}

#[test]
fn a_model_that_the_server_cannot_load_leaves_the_one_that_ran() {
    let mut page = on_server();
    page.act(Action::ChooseOnServer("owner/other".into()));
    let load = page.sent.remove(0);
    let (code, message) = (ErrorCode::InvalidModelFile, "It is cut short.".to_owned());
    page.reply(load.id, Event::Failed(Failure { code, message, hint: None }));
    assert!(page.problem().contains("cut short"), "{}", page.problem());
    let again = page.sent.remove(0);
    assert_eq!(again.command, Command::Describe);
    page.reply(again.id, Event::Ready(description()));
    assert!(page.state.engine.is_ready());
    assert!(page.problem().contains("cut short"), "it is still said");
}

#[test]
fn nothing_is_chosen_on_a_server_that_is_not_used() {
    let mut page = TestPage::ready();
    page.act(Action::ChooseOnServer("owner/other".into()));
    assert!(page.sent.is_empty());
    assert!(page.state.engine.is_ready());
}
