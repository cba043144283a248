//! An engine that ends: how often the same model is loaded again; and one that is ended, as
//! it would not hear that it is to stop.

use protocol::{Command, Event, ModelSource, Phase, Progress};

use super::Bench;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::state::{Readiness, Remedy, State};

/// A page whose address names a model.
fn named() -> Bench {
    let mut state = State::default();
    state.engine.source = ModelSource::Address { url: "large.gguf".into() };
    let mut bench = Bench::opened(state);
    bench.link(LinkEvent::Open);
    bench
}

#[test]
fn a_model_that_ends_the_engine_while_it_is_loaded_is_loaded_once() {
    let mut bench = named();
    let connections = bench.connections();
    bench.die();
    assert_eq!(bench.connections(), connections, "no other engine is started for it");
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
    let hint = bench.state.error.as_ref().and_then(|problem| problem.hint.clone());
    assert!(hint.unwrap_or_default().contains("choose a smaller one"));
}

#[test]
fn a_model_that_ends_the_engine_soon_after_is_loaded_twice() {
    let mut bench = named();
    bench.load();
    bench.die();
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Address { .. }, .. }]
    ));
    bench.load();
    bench.die();
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
}

#[test]
fn the_demo_model_is_given_three_chances() {
    let mut bench = Bench::opened(State::default());
    for _ in 0..2 {
        bench.link(LinkEvent::Open);
        bench.die();
        assert_eq!(bench.state.engine.readiness, Readiness::Connecting);
    }
    bench.link(LinkEvent::Open);
    bench.die();
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
}

#[test]
fn a_worker_that_places_weights_is_ended_when_it_is_to_stop() {
    for (phase, is_deaf) in [(Phase::Download, false), (Phase::Load, true)] {
        let mut bench = Bench::ready();
        bench.sent.clear();
        bench.act(Action::Choose("https://h.example/large.gguf".into(), None));
        bench.link(LinkEvent::Open);
        let id = bench.sent.remove(0).id;
        let progress = Progress { phase, done: 1, total: Some(30), per_second: None };
        bench.reply(id, Event::Progress(progress));
        let connections = bench.connections();
        bench.act(Action::Stop);
        assert_eq!(bench.connections() > connections, is_deaf, "{phase:?}");
        if is_deaf {
            bench.sent.clear();
            bench.link(LinkEvent::Open);
        }
        let back = bench.sent.pop().map(|request| request.command);
        assert!(matches!(back, Some(Command::Load { source: ModelSource::Demo, .. })));
    }
}
