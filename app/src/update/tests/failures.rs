//! Models that cannot be loaded: the page says so, and the one that worked before goes on.

use protocol::{Command, ErrorCode, Event, Failure, LocalFile, ModelSource};

use super::TestPage;
use super::test_page::description;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::state::{Readiness, Remedy, State};

const BAD: &str = "https://example.org/none.gguf";

fn failure(message: &str) -> Event {
    let (code, message) = (ErrorCode::Network, message.to_owned());
    Event::Failed(Failure { code, message, hint: None })
}

/// Chooses a model and lets its worker begin to load it.
fn choose(page: &mut TestPage, name: &str) {
    page.sent.clear();
    page.act(Action::Choose(name.into(), None));
    page.link(LinkEvent::Open);
}

/// Fails the request for the model.
fn fail(page: &mut TestPage) {
    let id = page.sent.remove(0).id;
    page.reply(id, failure("It could not be fetched."));
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_one_that_worked() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(1));
    page.answer();
    let ids = page.ids();
    choose(&mut page, BAD);
    fail(&mut page);
    assert_eq!(page.problem(), "It could not be fetched.");
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
    let id = page.sent.remove(0).id;
    page.reply(id, Event::Ready(description()));
    page.answer();
    assert!(page.state.engine.is_ready());
    assert_eq!(page.ids(), ids);
    assert_eq!(page.problem(), "It could not be fetched.", "it stays on screen");
    assert_eq!(page.remedy(), Some(Remedy::RestartOrDemo));
    // The failed model can be tried again.
    page.act(Action::Restart);
    page.link(LinkEvent::Open);
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Address { url }, .. }] if url == BAD
    ));
}

#[test]
fn a_model_that_ends_the_engine_is_not_loaded_three_times() {
    let mut page = TestPage::started("hi");
    choose(&mut page, BAD);
    page.die();
    assert!(page.problem().contains("while loading"), "{}", page.problem());
    page.link(LinkEvent::Open);
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn a_fault_on_the_way_back_does_not_hide_what_failed() {
    let mut page = TestPage::ready();
    choose(&mut page, BAD);
    fail(&mut page);
    page.die();
    assert_eq!(page.problem(), "It could not be fetched.");
    page.load();
    assert!(page.state.engine.is_ready());
    assert_eq!(page.problem(), "It could not be fetched.");
}

#[test]
fn when_what_worked_cannot_be_opened_either_the_page_stops_trying() {
    let mut page = TestPage::ready();
    choose(&mut page, BAD);
    fail(&mut page);
    fail(&mut page);
    assert!(page.sent.is_empty());
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
    page.act(Action::UseDemo);
    page.load();
    assert!(page.state.engine.is_ready());
    assert!(page.state.error.is_none());
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_demo_model_as_a_way_out() {
    let mut state = State::default();
    state.engine.source = ModelSource::Address { url: "nowhere/".into() };
    let mut page = TestPage::opened(state);
    page.link(LinkEvent::Open);
    fail(&mut page);
    assert_eq!(page.remedy(), Some(Remedy::RestartOrDemo));
    page.act(Action::UseDemo);
    page.load();
    assert_eq!(page.state.engine.source, ModelSource::Demo);
}

#[test]
fn loading_that_is_stopped_goes_back_to_the_model_before() {
    let mut page = TestPage::ready();
    choose(&mut page, "owner/name");
    page.sent.clear();
    page.act(Action::Stop);
    assert!(page.problem().contains("paused"));
    assert!(matches!(
        page.commands()[..],
        [Command::Cancel { .. }, Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn before_the_engine_hears_a_download_can_be_stopped_and_not_be_deleted_in_vain() {
    let mut page = TestPage::ready();
    page.act(Action::Choose("owner/name".into(), None));
    page.sent.clear();
    page.act(Action::CancelDownload);
    assert!(page.sent.is_empty());
    page.act(Action::Stop);
    assert!(page.problem().contains("paused"));
    page.load();
    assert_eq!(page.state.engine.source, ModelSource::Demo);
}

#[test]
fn a_start_that_is_stopped_while_it_waits_for_lists_stays_stopped() {
    let mut state = State::default();
    state.engine.source = state.models.source("owner/name").unwrap();
    let mut page = TestPage::opened(state);
    page.act(Action::Stop);
    page.act(Action::CatalogueRead(None));
    page.act(Action::ServerProbed(None));
    assert_eq!(page.connections(), 0);
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
}

#[test]
fn a_name_that_is_none_gets_an_error_beside_it_and_nothing_is_asked() {
    let mut page = TestPage::started("hi");
    let before = page.connections();
    page.act(Action::ShowPicker(true));
    page.act(Action::EditModel("not a model".into()));
    page.act(Action::ChooseTyped);
    let error = page.state.models.typed_error.clone().unwrap();
    assert!(error.contains("not a model"), "{error}");
    assert!(page.state.models.open && page.state.engine.is_ready());
    assert_eq!(page.connections(), before);
    page.act(Action::EditModel("not a mode".into()));
    assert_eq!(page.state.models.typed_error, None);
}

#[test]
fn what_is_waited_for_is_named() {
    let mut page = TestPage::ready();
    choose(&mut page, "owner/name");
    assert_eq!(page.state.engine.waiting_for(), "Asking huggingface.co…");
    choose(&mut page, "https://example.org:81/x.gguf?a=secret");
    assert_eq!(page.state.engine.waiting_for(), "Asking example.org:81…");
    let file = LocalFile { name: "x.gguf".into(), url: "blob:1".into() };
    page.act(Action::ChooseFiles(vec![file]));
    page.link(LinkEvent::Open);
    assert_eq!(page.state.engine.waiting_for(), "Reading x.gguf…");
    page.act(Action::EditAddress("10.0.0.2:5005".into()));
    page.act(Action::Connect);
    assert_eq!(page.state.engine.waiting_for(), "Connecting to 10.0.0.2:5005…");
}
