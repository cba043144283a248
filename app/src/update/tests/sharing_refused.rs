//! Links and traces that cannot be opened, or not at once: they say so, ask first, and change
//! nothing.

use protocol::{Command, Event, ModelSource, Request, Token};
use sharing::Source;

use super::sharing::{asked, beginning_with, link, open, trace, with_lists};
use super::test_page::TestPage;
use crate::action::Action;
use crate::state::{Answer, BackendKind, SharedFor, SharingAction};

#[test]
fn what_cannot_be_opened_says_so_and_changes_nothing() {
    let made = link(&mut TestPage::started("Hello"));
    let cut = &made[..made.len() - 9];
    let contradicts = trace(&mut TestPage::started("Hello"));
    let contradicts = contradicts.replace("\"checksum\":", "\"checksum\":1");
    for text in ["nothing", cut, "{\"version\":2}", "{\"version\":1}", &contradicts] {
        let mut page = TestPage::started("Mine");
        let before = page.state.session(true);
        open(&mut page, text);
        assert!(page.problem().ends_with('.'), "{text}: {}", page.problem());
        assert_eq!(page.state.session(true), before);
        // As the page's address, it keeps no one from working.
        let mut page = beginning_with(text);
        assert_eq!(page.connections(), 1);
        assert!(!page.problem().is_empty());
        page.load();
        assert!(page.state.engine.is_ready());
    }
}

#[test]
fn a_model_with_other_tokens_leaves_the_text_as_it_is() {
    let made = link(&mut TestPage::started("Hello"));
    let mut page = TestPage::started("Mine");
    let mine = page.ids();
    open(&mut page, &made);
    let Request { id, .. } = page.sent.remove(0);
    let others = (0..5).map(|id| Token::new(id, vec![b'?'], false)).collect();
    page.reply(id, Event::Tokenized { tokens: others });
    page.answer();
    assert!(page.problem().contains("tokens"), "{}", page.problem());
    assert_eq!(page.ids(), mine);
    assert!(page.state.current().is_some());
}

/// A link to a text of another model.
fn link_to(source: Source) -> String {
    let mut session = TestPage::started("Hello").state.session(false).unwrap();
    session.model.source = source;
    match asked(&sharing::Request::Link { session }) {
        Answer::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_link_asks_before_another_hub_is_asked_and_takes_no_token() {
    let elsewhere = "owner/name from https://hub.example";
    let made = link_to(Source::Hub(elsewhere.into()));
    let mut page = with_lists(beginning_with(&made));
    assert!(page.state.models.question.is_some());
    // Meanwhile the page works with the model that it has without the link.
    assert_eq!(page.connections(), 1);
    assert_eq!(page.state.engine.source, ModelSource::Demo);
    page.load();
    page.answer();
    assert_eq!(page.ids(), Vec::<u32>::new());
    page.act(Action::AnswerHubQuestion(false));
    assert_eq!(page.connections(), 1);
    assert!(page.state.sharing.waiting.is_none());

    let mut page = with_lists(beginning_with(&made));
    page.load();
    page.act(Action::AnswerHubQuestion(true));
    let ModelSource::Hub(model) = &page.state.engine.source else { panic!() };
    assert_eq!(model.token, None);
    page.load();
    page.sent.retain(|request| !matches!(request.command, Command::ListModels));
    page.answer();
    assert_eq!(page.ids(), b"Hello".map(u32::from));
}

#[test]
fn a_text_of_a_server_is_opened_by_the_page_s_own_server_and_no_other() {
    let made = link_to(Source::Server);
    let mut page = beginning_with(&made);
    page.act(Action::CatalogueRead(None));
    assert_eq!(page.connections(), 0);
    page.act(Action::ServerProbed(Some(Default::default())));
    assert_eq!(page.state.engine.backend, BackendKind::Native);
    assert_eq!(page.state.engine.native_address, "");
    page.load();
    page.answer();
    assert_eq!(page.ids(), b"Hello".map(u32::from));

    // Without one, the model that is there is asked whether it has the tokens.
    let mut page = with_lists(beginning_with(&made));
    assert_eq!(page.state.engine.backend, BackendKind::Worker);
    page.load();
    page.answer();
    assert_eq!(page.ids(), b"Hello".map(u32::from));
}

#[test]
fn numbers_that_differ_from_those_of_the_link_are_told() {
    let mut session = TestPage::started("Hello").state.session(false).unwrap();
    session.expected.as_mut().unwrap().p = 0.25;
    session.model.computed_in = "16 bits".into();
    let mut page = TestPage::ready();
    page.act(Action::Sharing(SharingAction::Answered(
        SharedFor::Opening,
        Some(Answer::Session(Box::new(session))),
    )));
    page.answer();
    let notice = page.state.models.notice.clone().unwrap_or_default();
    assert!(notice.contains("16 bits") && notice.contains("50.0%"), "{notice}");
}

#[test]
fn without_a_worker_the_page_says_that_it_did_not_work() {
    let mut page = TestPage::started("Hello");
    page.act(Action::Sharing(SharingAction::CopyLink));
    let purpose = SharedFor::Copy(Default::default());
    page.act(Action::Sharing(SharingAction::Answered(purpose, None)));
    assert!(!page.state.short_notice.1.is_empty());
}
