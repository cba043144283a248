//! What cannot be opened: the page says so in time, and what worked before goes on.

use protocol::{Command, ErrorCode, Event, Failure, LocalFile, ModelSource};

use super::Bench;
use super::bench::{description, generated};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{BackendKind, FoundFiles, Readiness, Remedy, State, Tab};

const BAD: &str = "https://example.org/none.gguf";

fn failure(message: &str) -> Event {
    let (code, message) = (ErrorCode::Network, message.to_owned());
    Event::Failed(Failure { code, message, hint: None })
}

fn die(bench: &mut Bench) {
    bench.sent.clear();
    bench.link(LinkEvent::Died("unreachable".into()));
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
    die(&mut bench);
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
    die(&mut bench);
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
fn an_address_that_is_none_leaves_the_model_at_hand_alone() {
    let mut bench = Bench::started("hi");
    bench.act(Action::EditAddress("foo bar".into()));
    bench.act(Action::Connect);
    assert!(bench.problem().contains("foo bar"), "{}", bench.problem());
    assert!(bench.state.engine.is_ready());
    assert_eq!(bench.wanted.last(), Some(&Effect::Focus(crate::effect::Focus::Address)));
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
    die(&mut bench);
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
    die(&mut bench);
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

/// A page whose last visit had a model from a file.
fn with_lost_file() -> Bench {
    let mut state = State::default();
    state.models.missing_files = vec!["x.gguf".into()];
    Bench::opened(state)
}

#[test]
fn a_model_from_a_file_comes_back_where_the_browser_lets_it() {
    let mut bench = with_lost_file();
    assert_eq!(bench.connections(), 0, "the demo does not take its place");
    let find = Effect::FindFiles { names: vec!["x.gguf".into()], ask: false };
    assert!(bench.wanted.contains(&find));
    let files = vec![LocalFile { name: "x.gguf".into(), url: "blob:1".into() }];
    bench.act(Action::FilesFound(FoundFiles::Files(files.clone())));
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Files { files: now }, .. }] if *now == files
    ));
    assert_eq!(bench.state.models.remembered.last.files, ["x.gguf"]);
}

#[test]
fn a_model_from_a_file_that_may_not_be_read_is_asked_for_by_name() {
    for (found, remedy) in [
        (FoundFiles::NotAllowed, Remedy::AllowFiles),
        (FoundFiles::Gone, Remedy::ChooseFiles),
    ] {
        let mut bench = with_lost_file();
        bench.act(Action::FilesFound(found));
        assert!(bench.problem().contains("x.gguf"), "{}", bench.problem());
        assert_eq!(bench.remedy(), Some(remedy));
        assert_eq!(bench.connections(), 0);
        bench.act(Action::Restart);
        let wanted = bench.wanted.last();
        match remedy {
            Remedy::AllowFiles => {
                assert!(matches!(wanted, Some(Effect::FindFiles { ask: true, .. })));
            }
            _ => assert_eq!(wanted, Some(&Effect::PickFiles)),
        }
        bench.act(Action::UseDemo);
        bench.load();
        assert!(bench.state.engine.is_ready());
    }
}
