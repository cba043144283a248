//! Hubs that links name, and access tokens: which hub gets them, and when the person is
//! asked.

use hub::Endpoint;
use protocol::{Command, Event, HubModel, ModelSource};

use super::TestPage;
use super::test_page::description;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{BackendKind, Draft, PageQuery, Remembered, State, WebOrigin};

const PAGE: &str = "https://page.example/";
const EVIL: &str = "http://localhost:7010";

fn origin(address: &str) -> WebOrigin {
    WebOrigin::of(address).unwrap()
}

/// A page that is opened by a link, and has an access token for the default hub.
fn opened_by(hub: &str, model: &str) -> TestPage {
    let mut state = State::default();
    let default = origin(hub::DEFAULT_ENDPOINT);
    state.models.tokens.set(&default, Some("hf_secret"));
    state.models.remembered.tokens = state.models.tokens.clone();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (hub, model) = (some(hub), some(model));
    PageQuery { page: PAGE.into(), hub, model, ..PageQuery::default() }.apply(&mut state);
    let mut page = TestPage::opened(state);
    page.act(Action::CatalogueRead(None));
    page.act(Action::ServerProbed(None));
    page
}

/// The models of hubs that the page has requested.
fn asked(page: &TestPage) -> Vec<&HubModel> {
    let asked = page.commands().into_iter().filter_map(|command| match command {
        Command::Load { source: ModelSource::Hub(model), .. } => Some(model),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_link_to_another_hub_asks_first_and_loads_nothing_from_there() {
    let mut page = opened_by(EVIL, "owner/name");
    page.link(LinkEvent::Open);
    assert!(page.state.models.question.is_some());
    assert!(asked(&page).is_empty());
    assert!(matches!(
        page.commands()[..],
        [Command::Load { source: ModelSource::Demo, .. }]
    ));
}

#[test]
fn a_hub_that_is_agreed_to_gets_no_token_and_is_not_remembered() {
    let mut page = opened_by(EVIL, "owner/name");
    page.load();
    page.act(Action::AnswerHubQuestion(true));
    page.link(LinkEvent::Open);
    let [model] = asked(&page)[..] else { panic!() };
    assert_eq!((model.endpoint.as_str(), &model.token), (EVIL, &None));
    let id = page.sent.remove(0).id;
    page.reply(id, Event::Ready(description()));
    let stored = serde_json::to_string(&page.state.models.remembered).unwrap();
    let later = Remembered::read(&stored);
    assert_eq!(later.hub, "");
    // The name of a downloaded model says which hub it is from.
    let name = later.last.name.unwrap();
    assert_eq!(name, "owner/name from http://localhost:7010");
    assert_eq!(page.state.models.token_text(), "");
}

#[test]
fn a_hub_that_is_not_wanted_is_forgotten_with_all_that_the_link_asked_for() {
    let mut page = opened_by(EVIL, "owner/name");
    page.load();
    let before = page.connections();
    page.act(Action::AnswerHubQuestion(false));
    assert_eq!(page.connections(), before);
    assert_eq!(page.state.models.hub(), Ok(Endpoint::default()));
    assert!(page.state.models.question.is_none());
    assert_eq!(page.state.engine.source, ModelSource::Demo);
    // The closing dialog answers a second time.
    page.act(Action::AnswerHubQuestion(true));
    assert_eq!(page.state.models.hub(), Ok(Endpoint::default()));
}

#[test]
fn a_reload_goes_on_with_the_visit_and_another_address_ends_it() {
    let mut page = opened_by(EVIL, "");
    page.act(Action::AnswerHubQuestion(true));
    let draft = serde_json::to_string(&Draft::of(&page.state)).unwrap();
    let reopened = |hub: Option<&str>| {
        let mut state = State::default();
        serde_json::from_str::<Draft>(&draft).unwrap().restore(&mut state);
        let hub = hub.map(str::to_owned);
        PageQuery { page: PAGE.into(), hub, ..PageQuery::default() }.apply(&mut state);
        (state.models.hub().unwrap(), state.models.question.is_some())
    };
    let evil = Endpoint::new(EVIL).unwrap();
    assert_eq!(reopened(Some(EVIL)), (evil, false));
    assert_eq!(reopened(None), (Endpoint::default(), false));
    assert_eq!(reopened(Some("http://localhost:7011")), (Endpoint::default(), true));
}

#[test]
fn the_usual_hub_the_chosen_one_and_the_page_s_own_need_no_question() {
    for hub in
        ["https://huggingface.co", "https://huggingface.co/", "https://page.example/hub"]
    {
        let page = opened_by(hub, "");
        assert!(page.state.models.question.is_none(), "{hub}");
    }
    let mut state = State::default();
    state.models.remembered.hub = EVIL.into();
    let hub = Some(EVIL.to_owned());
    PageQuery { hub, ..PageQuery::default() }.apply(&mut state);
    assert!(state.models.question.is_none());
}

#[test]
fn addresses_that_only_look_like_the_usual_hub_are_asked_about_or_refused() {
    for hub in [
        "http://huggingface.co",
        "https://huggingface.co.evil.example",
        "https://huggingface.co:8443",
        "https://evil.example/huggingface.co",
        "https://page.example:81/hub",
        "http://page.example/hub",
        "https://huggingface.co\\.evil.example",
        "https://xn--huggingface-co.example",
    ] {
        let mut page = opened_by(hub, "owner/name");
        page.link(LinkEvent::Open);
        assert!(asked(&page).is_empty(), "{hub}");
        assert!(page.state.models.question.is_some(), "{hub}");
    }
    for hub in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "evil.example",
        "https://user@evil.example",
        "https://huggingface.co@evil.example",
        "file:///etc",
        "__proto__",
        "<img src=x onerror=alert(1)>",
    ] {
        let mut page = opened_by(hub, "owner/name");
        page.link(LinkEvent::Open);
        assert!(asked(&page).is_empty(), "{hub}");
        assert!(page.state.models.question.is_none(), "{hub}");
        assert!(page.problem().contains("hub in this link is not valid"), "{hub}");
    }
}

#[test]
fn a_link_to_a_model_s_address_never_carries_a_token() {
    for name in [
        "https://evil.example/x.gguf",
        "https://evil.example/owner/name/",
        "https://huggingface.co.evil.example/owner/name",
        "http://huggingface.co:8080/owner/name/x.gguf",
    ] {
        let mut page = opened_by("", name);
        page.link(LinkEvent::Open);
        let sent = serde_json::to_string(&page.sent).unwrap();
        assert!(!sent.contains("hf_secret"), "{name}: {sent}");
    }
    // A model of the token's hub gets it. An http address of the hub is requested by https.
    for name in ["owner/name", "http://huggingface.co/owner/name/x.gguf"] {
        let mut page = opened_by("", name);
        page.link(LinkEvent::Open);
        assert_eq!(asked(&page)[0].token.as_deref(), Some("hf_secret"));
        assert_eq!(asked(&page)[0].endpoint, "", "{name}");
    }
}

#[test]
fn a_token_that_is_typed_is_for_the_hub_that_stands_beside_it() {
    let mut page = opened_by("", "");
    page.load();
    page.act(Action::EditHub("https://hub.example".into()));
    assert_eq!(page.state.models.token_text(), "");
    page.act(Action::EditToken("other".into()));
    page.act(Action::KeepToken(true));
    let models = &page.state.models;
    let kept = |address: &str| models.remembered.tokens.to_send(&origin(address));
    assert_eq!(kept("https://hub.example").as_deref(), Some("other"));
    assert_eq!(kept(hub::DEFAULT_ENDPOINT).as_deref(), Some("hf_secret"));
    page.act(Action::KeepToken(false));
    let models = &page.state.models;
    assert!(!models.keeps_token());
    assert_eq!(models.token_text(), "other");
    page.act(Action::EditHub(String::new()));
    assert_eq!(page.state.models.token_text(), "hf_secret");
}

#[test]
fn a_token_for_an_unencrypted_hub_stays_here_and_the_page_says_so() {
    let mut page = opened_by("", "");
    page.load();
    page.act(Action::EditHub("http://hub.example".into()));
    page.act(Action::EditToken("other".into()));
    page.act(Action::Choose("owner/name".into(), None));
    page.link(LinkEvent::Open);
    assert_eq!(asked(&page)[0].token, None);
    let notice = page.state.models.notice.clone().unwrap();
    assert!(notice.contains("not sent") && notice.contains("hub.example"), "{notice}");
}

#[test]
fn a_server_s_token_goes_to_that_server_only_and_is_seen_nowhere() {
    let mut page = TestPage::ready();
    let connect = |page: &mut TestPage, address: &str| {
        page.act(Action::EditAddress(address.into()));
        page.act(Action::Connect);
        page.wanted.iter().rev().find_map(|effect| match effect {
            Effect::Connect { backend: BackendKind::Native, address, .. } => {
                Some(address.clone())
            }
            _ => None,
        })
    };
    let a = connect(&mut page, "http://127.0.0.1:5005/?token=server-secret");
    assert_eq!(a.as_deref(), Some("ws://127.0.0.1:5005/api/ws?token=server-secret"));
    assert_eq!(page.state.engine.native_address, "http://127.0.0.1:5005/");
    let b = connect(&mut page, "http://127.0.0.1:5006/");
    assert_eq!(b.as_deref(), Some("ws://127.0.0.1:5006/api/ws"));
    let again = connect(&mut page, "127.0.0.1:5005");
    assert_eq!(again.as_deref(), Some("ws://127.0.0.1:5005/api/ws?token=server-secret"));
    page.act(Action::EditAddress("http://10.0.0.2/?token=half-typed".into()));
    let draft = serde_json::to_string(&Draft::of(&page.state)).unwrap();
    assert!(!draft.contains("secret") && !draft.contains("half-typed"), "{draft}");
}

#[test]
fn a_server_s_token_does_not_travel_unencrypted() {
    let mut page = TestPage::ready();
    page.act(Action::EditAddress("http://10.0.0.2:5005/?token=server-secret".into()));
    let before = page.connections();
    page.act(Action::Connect);
    assert!(page.problem().contains("not encrypted"), "{}", page.problem());
    let to_server = page.wanted.iter().any(|effect| {
        matches!(effect, Effect::Connect { address, .. } if address.contains("10.0.0.2"))
    });
    assert!(!to_server);
    assert_eq!(page.connections(), before + 1, "the model at hand is opened again");
}
