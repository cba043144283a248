//! An engine that dies: how often the same model is loaded again. And a worker that is
//! terminated, since it would not take the request to stop.

use protocol::{Command, Event, ModelSource, Phase, Progress};

use super::TestPage;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::state::{Readiness, Remedy, State};

/// A page whose address names a model.
fn named() -> TestPage {
    let mut state = State::default();
    state.engine.source = ModelSource::Address { url: "large.gguf".into() };
    let mut page = TestPage::opened(state);
    page.link(LinkEvent::Open);
    page
}

#[test]
fn a_model_that_ends_the_engine_while_it_is_loaded_is_loaded_once() {
    let mut page = named();
    let connections = page.connections();
    page.die();
    assert_eq!(page.connections(), connections, "no other engine is started for it");
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
    assert_eq!(page.remedy(), Some(Remedy::RestartOrDemo));
    let hint = page.state.error.as_ref().and_then(|problem| problem.hint.clone());
    assert!(hint.unwrap_or_default().contains("choose a smaller one"));
}

#[test]
fn a_model_that_ends_the_engine_soon_after_is_loaded_twice() {
    let mut page = named();
    page.load();
    page.die();
    page.link(LinkEvent::Open);
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Address { .. }, .. }]
    ));
    page.load();
    page.die();
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
    assert_eq!(page.remedy(), Some(Remedy::RestartOrDemo));
}

#[test]
fn the_demo_model_is_given_three_chances() {
    let mut page = TestPage::opened(State::default());
    for _ in 0..2 {
        page.link(LinkEvent::Open);
        page.die();
        assert_eq!(page.state.engine.readiness, Readiness::Connecting);
    }
    page.link(LinkEvent::Open);
    page.die();
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
}

#[test]
fn a_worker_that_places_weights_is_ended_when_it_is_to_stop() {
    for (phase, is_deaf) in [(Phase::Download, false), (Phase::Load, true)] {
        let mut page = TestPage::ready();
        page.sent.clear();
        page.act(Action::Choose("https://h.example/large.gguf".into(), None));
        page.link(LinkEvent::Open);
        let id = page.sent.remove(0).id;
        let progress = Progress { phase, done: 1, total: Some(30), per_second: None };
        page.reply(id, Event::Progress(progress));
        let connections = page.connections();
        page.act(Action::Stop);
        assert_eq!(page.connections() > connections, is_deaf, "{phase:?}");
        if is_deaf {
            page.sent.clear();
            page.link(LinkEvent::Open);
        }
        let back = page.sent.pop().map(|request| request.command);
        assert!(matches!(back, Some(Command::Load { source: ModelSource::Demo, .. })));
    }
}
