//! An engine that ends: how often the same model is loaded again.

use protocol::{Command, ModelSource};

use super::Bench;
use crate::backend::LinkEvent;
use crate::state::{Phase, Remedy, State};

fn die(bench: &mut Bench) {
    bench.sent.clear();
    bench.link(LinkEvent::Died("unreachable".into()));
}

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
    die(&mut bench);
    assert_eq!(bench.connections(), connections, "no other engine is started for it");
    assert_eq!(bench.state.engine.phase, Phase::Failed);
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
    let hint = bench.state.error.as_ref().and_then(|problem| problem.hint.clone());
    assert!(hint.unwrap_or_default().contains("choose a smaller one"));
}

#[test]
fn a_model_that_ends_the_engine_soon_after_is_loaded_twice() {
    let mut bench = named();
    bench.load();
    die(&mut bench);
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Address { .. }, .. }]
    ));
    bench.load();
    die(&mut bench);
    assert_eq!(bench.state.engine.phase, Phase::Failed);
    assert_eq!(bench.remedy(), Some(Remedy::RestartOrDemo));
}

#[test]
fn the_demo_model_is_given_three_chances() {
    let mut bench = Bench::opened(State::default());
    for _ in 0..2 {
        bench.link(LinkEvent::Open);
        die(&mut bench);
        assert_eq!(bench.state.engine.phase, Phase::Connecting);
    }
    bench.link(LinkEvent::Open);
    die(&mut bench);
    assert_eq!(bench.state.engine.phase, Phase::Failed);
}
