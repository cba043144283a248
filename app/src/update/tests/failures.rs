//! What cannot be opened: the page says so in time, and what worked before goes on.

use protocol::{Command, ErrorCode, Event, Failure, LocalFile, ModelSource};

use super::Bench;
use super::bench::description;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::state::{Readiness, Remedy, State};

const BAD: &str = "https://example.org/none.gguf";

fn failure(message: &str) -> Event {
    let (code, message) = (ErrorCode::Network, message.to_owned());
    Event::Failed(Failure { code, message, hint: None })
}

/// Chooses a model and lets its worker begin to load it.
fn choose(bench: &mut Bench, name: &str) {
    bench.sent.clear();
    bench.act(Action::Choose(name.into(), None));
    bench.link(LinkEvent::Open);
}

/// Lets what is being loaded fail.
fn fail(bench: &mut Bench) {
    let id = bench.sent.remove(0).id;
    bench.reply(id, failure("It could not be fetched."));
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_one_that_worked() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(1));
    bench.answer();
    let ids = bench.ids();
    choose(&mut bench, BAD);
    fail(&mut bench);
    assert_eq!(bench.problem(), "It could not be fetched.");
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
    let id = bench.sent.remove(0).id;
    bench.reply(id, Event::Ready(description()));
    bench.answer();
    assert!(bench.state.engine.is_ready());
    assert_eq!(bench.ids(), ids);
    assert_eq!(bench.problem(), "It could not be fetched.", "it stays on screen");
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
    // What failed can be tried again.
    bench.act(Action::Restart);
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Address { url }, .. }] if url == BAD
    ));
}

#[test]
fn a_model_that_ends_the_engine_is_not_loaded_three_times() {
    let mut bench = Bench::started("hi");
    choose(&mut bench, BAD);
    bench.die();
    assert!(bench.problem().contains("while it loaded"), "{}", bench.problem());
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn a_fault_on_the_way_back_does_not_hide_what_failed() {
    let mut bench = Bench::ready();
    choose(&mut bench, BAD);
    fail(&mut bench);
    bench.die();
    assert_eq!(bench.problem(), "It could not be fetched.");
    bench.load();
    assert!(bench.state.engine.is_ready());
    assert_eq!(bench.problem(), "It could not be fetched.");
}

#[test]
fn when_what_worked_cannot_be_opened_either_the_page_stops_trying() {
    let mut bench = Bench::ready();
    choose(&mut bench, BAD);
    fail(&mut bench);
    fail(&mut bench);
    assert!(bench.sent.is_empty());
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
    bench.act(Action::UseDemo);
    bench.load();
    assert!(bench.state.engine.is_ready());
    assert!(bench.state.error.is_none());
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_demo_model_as_a_way_out() {
    let mut state = State::default();
    state.engine.source = ModelSource::Address { url: "nowhere/".into() };
    let mut bench = Bench::opened(state);
    bench.link(LinkEvent::Open);
    fail(&mut bench);
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
    bench.act(Action::UseDemo);
    bench.load();
    assert_eq!(bench.state.engine.source, ModelSource::Demo);
}

#[test]
fn loading_that_is_stopped_goes_back_to_the_model_before() {
    let mut bench = Bench::ready();
    choose(&mut bench, "owner/name");
    bench.sent.clear();
    bench.act(Action::Stop);
    assert!(bench.problem().contains("paused"));
    assert!(matches!(
        bench.commands()[..],
        [Command::Cancel { .. }, Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn before_the_engine_hears_a_download_can_be_stopped_and_not_be_deleted_in_vain() {
    let mut bench = Bench::ready();
    bench.act(Action::Choose("owner/name".into(), None));
    bench.sent.clear();
    bench.act(Action::CancelDownload);
    assert!(bench.sent.is_empty());
    bench.act(Action::Stop);
    assert!(bench.problem().contains("paused"));
    bench.load();
    assert_eq!(bench.state.engine.source, ModelSource::Demo);
}

#[test]
fn a_start_that_is_stopped_while_it_waits_for_lists_stays_stopped() {
    let mut state = State::default();
    state.engine.source = state.models.source("owner/name").unwrap();
    let mut bench = Bench::opened(state);
    bench.act(Action::Stop);
    bench.act(Action::CatalogueRead(None));
    bench.act(Action::NativeHere(None));
    assert_eq!(bench.connections(), 0);
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
}

#[test]
fn a_name_that_is_none_is_told_beside_it_and_nothing_is_asked() {
    let mut bench = Bench::started("hi");
    let before = bench.connections();
    bench.act(Action::Models(true));
    bench.act(Action::EditModel("not a model".into()));
    bench.act(Action::ChooseTyped);
    let told = bench.state.models.typed_error.clone().unwrap();
    assert!(told.contains("not a model"), "{told}");
    assert!(bench.state.models.open && bench.state.engine.is_ready());
    assert_eq!(bench.connections(), before);
    bench.act(Action::EditModel("not a mode".into()));
    assert_eq!(bench.state.models.typed_error, None);
}

#[test]
fn what_is_waited_for_is_named() {
    let mut bench = Bench::ready();
    choose(&mut bench, "owner/name");
    assert_eq!(bench.state.engine.waiting_for(), "Asking huggingface.co…");
    choose(&mut bench, "https://example.org:81/x.gguf?a=secret");
    assert_eq!(bench.state.engine.waiting_for(), "Asking example.org:81…");
    let file = LocalFile { name: "x.gguf".into(), url: "blob:1".into() };
    bench.act(Action::ChooseFiles(vec![file]));
    bench.link(LinkEvent::Open);
    assert_eq!(bench.state.engine.waiting_for(), "Reading x.gguf…");
    bench.act(Action::EditAddress("10.0.0.2:5005".into()));
    bench.act(Action::Connect);
    assert_eq!(bench.state.engine.waiting_for(), "Connecting to 10.0.0.2:5005…");
}
