//! Connections that begin, break and are begun again.

use protocol::{Command, ErrorCode, Event, Failure, ModelSource};

use super::Bench;
use super::bench::{description, generated, token_of};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::{Effect, Focus};
use crate::state::{
    BackendKind, Draft, Knob, Readiness, Remedy, ServerModels, State, Tab,
};

#[test]
fn a_worker_loads_the_demo_model_and_nothing_is_sent_before_it_listens() {
    let mut bench = Bench::opened(State::default());
    assert!(bench.sent.is_empty());
    bench.link(LinkEvent::Open);
    assert!(matches!(
        bench.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn a_worker_that_dies_is_replaced_and_everything_goes_on() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(1));
    bench.answer();
    bench.act(Action::Turn(Knob::Temperature, 1.5));
    bench.answer();
    bench.act(Action::EditChat("typed".into()));
    bench.die();
    assert!(bench.problem().contains("unreachable"));
    assert_eq!(bench.connections(), 2);
    bench.load();
    assert!(matches!(
        bench.commands()[..],
        [Command::Score { ids }] if ids == &[104, 105, 98]
    ));
    bench.answer_next();
    assert!(matches!(
        bench.commands()[..],
        [Command::NextToken { ids, settings, .. }]
            if ids.len() == 3 && settings.temperature == 1.5
    ));
    bench.answer();
    assert_eq!(bench.state.explorer.prompt, "hi");
    assert_eq!(bench.state.chat.input, "typed");
    bench.act(Action::Undo);
    assert_eq!(bench.ids(), [104, 105]);
}

#[test]
fn a_start_that_died_with_the_worker_is_done_by_the_next() {
    let mut bench = Bench::ready();
    bench.act(Action::EditPrompt("hi".into()));
    bench.act(Action::Start);
    bench.die();
    bench.load();
    assert!(matches!(bench.commands()[..], [Command::Tokenize { .. }]));
}

#[test]
fn a_chat_turn_that_died_with_the_worker_returns_to_the_box() {
    let mut bench = Bench::ready();
    bench.act(Action::ShowTab(Tab::Chat));
    bench.act(Action::EditChat("hello".into()));
    bench.act(Action::Send);
    bench.die();
    assert_eq!(bench.state.chat.input, "hello");
    assert!(bench.state.chat.exchanges.is_empty());
}

#[test]
fn after_three_faults_in_a_row_the_person_decides() {
    let mut bench = Bench::ready();
    for _ in 0..3 {
        bench.die();
    }
    assert_eq!(bench.connections(), 3);
    assert_eq!(bench.state.engine.readiness, Readiness::Failed);
    assert_eq!(bench.remedy(), Some(Remedy::Restart));
    bench.act(Action::Restart);
    assert_eq!(bench.connections(), 4);
    bench.load();
    assert_eq!(bench.state.engine.readiness, Readiness::Ready);
}

#[test]
fn a_connection_that_held_makes_up_for_earlier_faults() {
    let mut bench = Bench::ready();
    for _ in 0..5 {
        bench.die();
        bench.load();
        bench.act(Action::LinkHeld { generation: bench.state.engine.generation });
    }
    assert_eq!(bench.state.engine.readiness, Readiness::Ready);
}

#[test]
fn what_an_earlier_connection_tells_is_dropped() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(0));
    let generation = bench.state.engine.generation;
    bench.die();
    let event = LinkEvent::Died("again".into());
    bench.act(Action::Link { generation, event });
    assert_eq!(bench.state.engine.deaths, 1);
}

#[test]
fn a_text_whose_tokens_mean_something_else_now_is_divided_anew_with_all_that_was_added() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(0));
    bench.answer();
    bench.die();
    bench.load();
    let id = bench.sent.remove(0).id;
    let tokens =
        [1, 2, 3].map(|id| protocol::ScoredToken { token: token_of(id), score: None });
    bench.reply(id, Event::Scored { tokens: tokens.into(), timings: Default::default() });
    assert!(matches!(
        bench.commands()[..],
        [Command::Tokenize { text }] if text == "hia"
    ));
    bench.answer();
    assert_eq!(bench.ids(), [104, 105, 97]);
}

#[test]
fn a_server_that_is_still_loading_is_asked_again() {
    let mut bench = Bench::ready();
    bench.act(Action::EditAddress("localhost:5005".into()));
    bench.act(Action::Connect);
    bench.link(LinkEvent::Open);
    let describe = bench.sent.remove(0);
    assert_eq!(describe.command, Command::Describe);
    let failure = Failure {
        code: ErrorCode::Loading,
        message: "Still loading.".into(),
        hint: None,
    };
    bench.reply(describe.id, Event::Failed(failure));
    assert!(bench.state.error.is_none());
    let Some(Effect::After { action, .. }) = bench.wanted.pop() else { panic!() };
    bench.act(action);
    let describe = bench.sent.remove(0);
    bench.reply(describe.id, Event::Ready(description()));
    assert_eq!(bench.state.engine.readiness, Readiness::Ready);
}

#[test]
fn without_a_server_here_its_address_is_asked_for_and_the_worker_goes_on() {
    let mut bench = Bench::started("hi");
    bench.act(Action::NativeHere(None));
    bench.act(Action::UseBackend(BackendKind::Native));
    assert_eq!(bench.wanted.last(), Some(&Effect::Focus(Focus::Address)));
    assert_eq!(bench.state.engine.backend, BackendKind::Worker);
    assert!(bench.state.engine.is_ready());
}

#[test]
fn the_server_that_serves_the_page_is_used_at_a_click_and_left_at_another() {
    let mut bench = Bench::started("hi");
    bench.act(Action::NativeHere(Some(ServerModels::default())));
    bench.act(Action::UseBackend(BackendKind::Native));
    assert!(matches!(
        bench.wanted.last(),
        Some(Effect::Connect { backend: BackendKind::Native, .. })
    ));
    bench.load();
    bench.answer();
    assert_eq!(bench.ids(), [104, 105]);
    bench.act(Action::UseBackend(BackendKind::Worker));
    assert!(matches!(
        bench.wanted.last(),
        Some(Effect::Connect { backend: BackendKind::Worker, .. })
    ));
}

#[test]
fn a_draft_brings_back_what_was_typed_and_chosen() {
    let mut bench = Bench::started("hi");
    bench.act(Action::Pick(1));
    bench.answer();
    bench.act(Action::Turn(Knob::Temperature, 1.5));
    bench.answer();
    bench.act(Action::ShowTab(Tab::Chat));
    bench.act(Action::EditChat("hello".into()));
    bench.act(Action::Send);
    let id = bench.sent.remove(0).id;
    bench.reply(id, generated(b'o'));
    bench.act(Action::StopChat);
    bench.act(Action::EditChat("typed".into()));

    let text = serde_json::to_string(&Draft::of(&bench.state)).unwrap();
    let draft: Draft = serde_json::from_str(&text).unwrap();
    let mut state = State::default();
    draft.restore(&mut state);
    assert_eq!(state.explorer.prompt, "hi");
    assert_eq!(state.explorer.tree.ids(9), [104, 105, 98]);
    assert!(!state.explorer.tree.can_undo());
    assert_eq!(state.knobs.temperature, 1.5);
    assert_eq!((state.tab, &state.chat.input[..]), (Tab::Chat, "typed"));
    assert_eq!(state.chat.exchanges[0].reply().answer(), "o");

    let mut bench = Bench::opened(state);
    bench.load();
    bench.answer();
    assert_eq!(bench.state.current().unwrap().position, 3);
}

#[test]
fn a_draft_of_anything_is_no_danger() {
    let draft: Draft = serde_json::from_str(
        "{\"knobs\": {\"rows\": 4000000000, \"top_p\": -3.0, \"temperature\": 1e30}}",
    )
    .unwrap();
    let mut state = State::default();
    draft.restore(&mut state);
    assert_eq!(state.knobs.rows, 50);
    assert!(state.knobs.sampler().check().is_ok());
}
