//! Connections that open, break and are opened again.

use protocol::{
    Command, ErrorCode, Event, Failure, ModelDescription, ModelSource, PromptDevice,
};

use super::TestPage;
use super::test_page::{description, generated, token_of};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::chat_action::ChatAction;
use crate::effect::{Effect, Focus};
use crate::state::{
    BackendKind, Draft, GpuUse, Knob, Readiness, Remedy, ServerModels, State, Tab,
};
use crate::texts::model_menu::prompts;

#[test]
fn a_worker_loads_the_demo_model_and_nothing_is_sent_before_it_listens() {
    let mut page = TestPage::opened(State::default());
    assert!(page.sent.is_empty());
    page.link(LinkEvent::Open);
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn a_worker_that_dies_is_replaced_and_everything_goes_on() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(1));
    page.answer();
    page.act(Action::TurnKnob(Knob::Temperature, 1.5));
    page.answer();
    page.act(Action::Chat(ChatAction::EditInput("typed".into())));
    page.die();
    assert!(page.problem().contains("unreachable"));
    assert_eq!(page.connections(), 2);
    page.load();
    assert!(matches!(
        page.commands()[..],
        [Command::Score { ids }] if ids == &[104, 105, 98]
    ));
    page.answer_next();
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { ids, settings, .. }]
            if ids.len() == 3 && settings.temperature == 1.5
    ));
    page.answer();
    assert_eq!(page.state.explorer.prompt, "hi");
    assert_eq!(page.state.chat.input, "typed");
    page.act(Action::Undo);
    assert_eq!(page.ids(), [104, 105]);
}

#[test]
fn a_start_that_died_with_the_worker_is_done_by_the_next() {
    let mut page = TestPage::ready();
    page.act(Action::EditPrompt("hi".into()));
    page.act(Action::Start);
    page.die();
    page.load();
    assert!(matches!(page.commands()[..], [Command::Tokenize { .. }]));
}

#[test]
fn a_chat_turn_that_died_with_the_worker_returns_to_the_box() {
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::EditInput("hello".into())));
    page.act(Action::Chat(ChatAction::Send));
    page.die();
    assert_eq!(page.state.chat.input, "hello");
    assert!(page.state.chat.exchanges.is_empty());
}

#[test]
fn after_three_faults_in_a_row_the_person_decides() {
    let mut page = TestPage::ready();
    for _ in 0..3 {
        page.die();
    }
    assert_eq!(page.connections(), 3);
    assert_eq!(page.state.engine.readiness, Readiness::Failed);
    assert_eq!(page.remedy(), Some(Remedy::Restart));
    page.act(Action::Restart);
    assert_eq!(page.connections(), 4);
    page.load();
    assert_eq!(page.state.engine.readiness, Readiness::Ready);
}

#[test]
fn a_connection_that_held_makes_up_for_earlier_faults() {
    let mut page = TestPage::ready();
    for _ in 0..5 {
        page.die();
        page.load();
        page.act(Action::LinkHeld { generation: page.state.engine.generation });
    }
    assert_eq!(page.state.engine.readiness, Readiness::Ready);
}

#[test]
fn what_an_earlier_connection_tells_is_dropped() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(0));
    let generation = page.state.engine.generation;
    page.die();
    let event = LinkEvent::Died("again".into());
    page.act(Action::Link { generation, event });
    assert_eq!(page.state.engine.deaths, 1);
}

#[test]
fn a_text_whose_tokens_mean_something_else_now_is_divided_anew_with_all_that_was_added() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(0));
    page.answer();
    page.die();
    page.load();
    let id = page.sent.remove(0).id;
    let tokens = [1, 2, 3].map(|id| protocol::ScoredToken {
        token: token_of(id),
        score: None,
        expected: None,
    });
    page.reply(id, Event::Scored { tokens: tokens.into(), timings: Default::default() });
    assert!(matches!(
        page.commands()[..],
        [Command::Tokenize { text, .. }] if text == "hia"
    ));
    page.answer();
    assert_eq!(page.ids(), [104, 105, 97]);
}

#[test]
fn a_server_that_is_still_loading_is_asked_again() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("localhost:5005".into()));
    page.act(Action::Connect);
    page.link(LinkEvent::Open);
    let describe = page.sent.remove(0);
    assert_eq!(describe.command, Command::Describe);
    let failure = Failure {
        code: ErrorCode::Loading,
        message: "Still loading.".into(),
        hint: None,
    };
    page.reply(describe.id, Event::Failed(failure));
    assert!(page.state.error.is_none());
    let Some(Effect::After { action, .. }) = page.wanted.pop() else { panic!() };
    page.act(action);
    let describe = page.sent.remove(0);
    page.reply(describe.id, Event::Ready(description()));
    assert_eq!(page.state.engine.readiness, Readiness::Ready);
}

#[test]
fn a_gpu_that_fails_while_a_text_is_read_is_told_once_and_the_answer_comes() {
    let mut page = TestPage::opened(State::default());
    page.link(LinkEvent::Open);
    let load = page.sent.remove(0);
    let model = ModelDescription { prompts: PromptDevice::Gpu, ..description() };
    page.reply(load.id, Event::Ready(model));
    assert_eq!(page.state.models.notice, None);
    page.act(Action::EditPrompt("hi".into()));
    page.act(Action::Start);
    let question = page.sent.last().unwrap().id;
    page.reply(question, Event::PromptsReadBy { device: PromptDevice::Failed });
    let notice = page.state.models.notice.clone().unwrap();
    assert_eq!(Some(notice.as_str()), prompts(PromptDevice::Failed));
    let model = page.state.engine.model.as_ref().unwrap();
    assert_eq!(model.prompts, PromptDevice::Failed);
    assert!(page.state.error.is_none());
    page.answer();
    assert!(!page.ids().is_empty());
}

#[test]
fn a_gpu_that_was_wrong_is_tried_again_once_when_the_person_asks_for_it() {
    let mut page = TestPage::started("hi");
    let again = |page: &TestPage| match page.wanted.last() {
        Some(Effect::Connect { gpu_again, .. }) => *gpu_again,
        other => panic!("{other:?}"),
    };
    page.act(Action::TryGpuAgain);
    assert!(again(&page));
    page.load();
    page.answer();
    assert_eq!(page.ids(), [104, 105]);
    page.act(Action::Restart);
    assert!(!again(&page));
}

#[test]
fn the_gpu_is_switched_on_and_off_and_the_text_goes_on() {
    let mut page = TestPage::started("hi");
    // Where the browser has none, there is nothing to switch.
    page.wanted.clear();
    page.act(Action::UseGpu(GpuUse::On));
    assert_eq!(page.wanted, []);
    page.state.engine.gpu = Some(GpuUse::Off);
    for gpu in [GpuUse::On, GpuUse::IfFaster, GpuUse::Off] {
        page.wanted.clear();
        page.act(Action::UseGpu(gpu));
        let [Effect::UseGpu(used), .., Effect::Connect { .. }] = &page.wanted[..] else {
            panic!("{:?}", page.wanted)
        };
        assert_eq!((*used, page.state.engine.gpu), (gpu, Some(gpu)));
        page.load();
        page.answer();
        assert_eq!(page.ids(), [104, 105]);
    }
    // What is chosen already starts nothing again.
    page.wanted.clear();
    page.act(Action::UseGpu(GpuUse::Off));
    assert_eq!(page.wanted, []);
}

#[test]
fn without_a_server_here_its_address_is_asked_for_and_the_worker_goes_on() {
    let mut page = TestPage::started("hi");
    page.act(Action::ServerProbed(None));
    page.act(Action::UseBackend(BackendKind::Native));
    assert_eq!(page.wanted.last(), Some(&Effect::Focus(Focus::Address)));
    assert_eq!(page.state.engine.backend, BackendKind::Worker);
    assert!(page.state.engine.is_ready());
}

#[test]
fn the_server_that_serves_the_page_is_used_at_a_click_and_left_at_another() {
    let mut page = TestPage::started("hi");
    page.act(Action::ServerProbed(Some(ServerModels::default())));
    page.act(Action::UseBackend(BackendKind::Native));
    assert!(matches!(
        page.wanted.last(),
        Some(Effect::Connect { backend: BackendKind::Native, .. })
    ));
    page.load();
    page.answer();
    assert_eq!(page.ids(), [104, 105]);
    page.act(Action::UseBackend(BackendKind::Worker));
    assert!(matches!(
        page.wanted.last(),
        Some(Effect::Connect { backend: BackendKind::Worker, .. })
    ));
}

#[test]
fn a_draft_brings_back_what_was_typed_and_chosen() {
    let mut page = TestPage::started("hi");
    page.act(Action::Pick(1));
    page.answer();
    page.act(Action::TurnKnob(Knob::Temperature, 1.5));
    page.answer();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::EditInput("hello".into())));
    page.act(Action::Chat(ChatAction::Send));
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'o'));
    page.act(Action::Chat(ChatAction::Stop));
    page.act(Action::Chat(ChatAction::EditInput("typed".into())));

    let text = serde_json::to_string(&Draft::of(&page.state)).unwrap();
    let draft: Draft = serde_json::from_str(&text).unwrap();
    let mut state = State::default();
    draft.restore(&mut state);
    assert_eq!(state.explorer.prompt, "hi");
    assert_eq!(state.explorer.tree.ids(9), [104, 105, 98]);
    assert!(!state.explorer.tree.can_undo());
    assert_eq!(state.knobs.temperature, 1.5);
    assert_eq!((state.tab, &state.chat.input[..]), (Tab::Chat, "typed"));
    assert_eq!(state.chat.exchanges[0].reply().answer(), "o");

    let mut page = TestPage::opened(state);
    page.load();
    page.answer();
    assert_eq!(page.state.current().unwrap().position, 3);
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
    assert!(state.sampler().check().is_ok());
}
