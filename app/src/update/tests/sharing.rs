//! Links and traces: what is made on one page is the same on another, and what cannot be opened
//! changes nothing.

use hub::Catalogue;
use protocol::Reply;

use super::test_page::TestPage;
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{
    Answer, Knob, Readiness, Session, SharingAction, State, Tool, read_answer,
    write_request,
};

/// The answer of the worker for what is shared.
pub(super) fn asked(request: &sharing::Request<Session>) -> Answer {
    let event = |line: &str| Some(serde_json::from_str::<Reply>(line).unwrap().event);
    read_answer(&sharing::answer(&write_request(request)), event).unwrap()
}

/// Answers what a page asks of the worker for what is shared, until it asks nothing more.
fn answer_worker(page: &mut TestPage) {
    while let Some(at) = page
        .wanted
        .iter()
        .position(|effect| matches!(effect, Effect::AskSharing { .. } | Effect::ReadLink))
    {
        if let Effect::AskSharing { request, purpose } = page.wanted.remove(at) {
            let answer = Some(asked(&request));
            page.act(Action::Sharing(SharingAction::Answered(purpose, answer)));
        }
    }
}

/// The link to what a page shows.
pub(super) fn link(page: &mut TestPage) -> String {
    page.act(Action::Sharing(SharingAction::CopyLink));
    answer_worker(page);
    let copied = page.wanted.iter().rev().find_map(|effect| match effect {
        Effect::CopyAddress(link) => Some(link.clone()),
        _ => None,
    });
    copied.expect("a link was copied")
}

/// The trace of what a page shows.
pub(super) fn trace(page: &mut TestPage) -> String {
    page.act(Action::Sharing(SharingAction::Save));
    answer_worker(page);
    let saved = page.wanted.iter().rev().find_map(|effect| match effect {
        Effect::Save { text, .. } => Some(text.clone()),
        _ => None,
    });
    saved.expect("a file was saved")
}

pub(super) fn open(page: &mut TestPage, text: &str) {
    page.act(Action::Sharing(SharingAction::FileRead(Some(text.into()))));
    answer_worker(page);
}

/// A page that begins with a link.
pub(super) fn beginning_with(link: &str) -> TestPage {
    let mut state = State::default();
    state.sharing.reads_link = true;
    let mut page = TestPage::opened(state);
    assert_eq!(page.connections(), 0, "the link says what is opened");
    page.act(Action::Sharing(SharingAction::OpenLink(link.into())));
    answer_worker(&mut page);
    page
}

pub(super) fn with_lists(mut page: TestPage) -> TestPage {
    page.act(Action::CatalogueRead(Some(Catalogue::default())));
    page.act(Action::ServerProbed(None));
    page
}

/// A page with branches, steps of every origin, turned knobs and a token looked back at.
fn varied(seed: u64) -> TestPage {
    let mut page = TestPage::started("Hello");
    let mut next = seed;
    for _ in 0..30 {
        let step = super::random::steps_random(&mut next);
        page.act(match step % 11 {
            0..=3 => Action::Pick(step as usize / 11 % 5),
            4 => Action::Greedy,
            5 => Action::Sample,
            6..=7 => Action::Undo,
            8 => Action::Redo,
            9 => Action::TurnKnob(Knob::Seed, f64::from(step / 11 % 1_000)),
            _ => Action::TurnKnob(Knob::TopP, f64::from(step / 11 % 100) / 100.0),
        });
        page.answer();
    }
    if seed.is_multiple_of(3) && !page.ids().is_empty() {
        page.act(Action::LookBack(seed as usize % page.ids().len()));
        page.answer();
    }
    page
}

/// The model's probabilities in view.
fn p(page: &TestPage) -> Vec<(u32, f32)> {
    let rows = page.state.current().map(|seen| &seen.candidates).into_iter().flatten();
    rows.map(|row| (row.token.id, row.probability)).collect()
}

#[test]
fn what_a_link_leads_to_is_what_was_on_screen() {
    for seed in 0..100 {
        let mut first = varied(seed);
        let made = link(&mut first);
        let mut second = with_lists(beginning_with(&made));
        second.load();
        second.answer();
        assert_eq!(second.state.session(false), first.state.session(false), "{seed}");
        if first.state.explorer.look_back.is_some() {
            // What was drawn from at that time is only in a trace.
            assert_eq!(p(&second), p(&first), "{seed}");
        } else {
            assert_eq!(second.state.current(), first.state.current(), "{seed}");
        }
        assert_eq!(second.state.error, None);
        assert_eq!(second.state.models.notice, None, "{seed}");
        assert!(second.wanted.contains(&Effect::CleanAddress));
    }
}

#[test]
fn a_trace_shows_everything_and_computes_nothing() {
    for seed in 0..100 {
        let mut first = varied(seed);
        let made = trace(&mut first);
        let mut second = TestPage::ready();
        second.answer();
        open(&mut second, &made);
        assert!(second.wanted.contains(&Effect::Disconnect));
        assert_eq!(second.state.engine.readiness, Readiness::Recorded);
        assert_eq!(second.state.session(true), first.state.session(true), "{seed}");
        assert_eq!(second.state.current(), first.state.current(), "{seed}");
        for action in [
            Action::Start,
            Action::Pick(1),
            Action::Greedy,
            Action::Play,
            Action::Verify,
            Action::ToggleTool(Tool::Words),
            Action::ToggleTool(Tool::Inside),
            Action::Undo,
            Action::Redo,
        ] {
            let ids = second.ids();
            let moves = matches!(action, Action::Undo | Action::Redo);
            second.act(action);
            assert!(second.sent.is_empty(), "{:?}", second.sent);
            assert!(moves || second.ids() == ids);
        }
        // It is made again from what is shown.
        assert_eq!(second.state.session(true).map(|session| session.texts), {
            first.state.session(true).map(|session| session.texts)
        });
    }
}

#[test]
fn a_trace_shows_what_each_token_was_chosen_from() {
    let mut first = TestPage::started("Hello");
    for row in [2, 0, 1] {
        first.act(Action::Pick(row));
        first.answer();
    }
    let made = trace(&mut first);
    let mut second = TestPage::opened(State::default());
    open(&mut second, &made);
    let end = second.ids().len();
    for index in end - 3..end {
        first.act(Action::LookBack(index));
        second.act(Action::LookBack(index));
        assert_eq!(second.state.current(), first.state.current());
        assert!(second.state.current().is_some());
    }
    second.act(Action::Return);
    first.act(Action::Return);
    first.answer();
    assert_eq!(second.state.current(), first.state.current());
    second.act(Action::Undo);
    assert_eq!(second.ids(), Vec::<u32>::new(), "the page had no text before");
}

#[test]
fn from_a_recording_the_page_goes_on_with_its_model() {
    let made = trace(&mut TestPage::started("Hello"));
    let mut page = TestPage::ready();
    open(&mut page, &made);
    let before = page.connections();
    page.act(Action::Sharing(SharingAction::GoLive));
    assert_eq!(page.connections(), before + 1);
    page.load();
    page.answer();
    assert_eq!(page.state.engine.readiness, Readiness::Ready);
    page.act(Action::Greedy);
    page.answer();
    assert_eq!(page.ids().len(), 6);
}

#[test]
fn the_text_that_was_there_stays_and_undo_goes_back_to_it() {
    let made = link(&mut TestPage::started("Hello"));
    let mut page = TestPage::started("Mine");
    let mine = page.ids();
    open(&mut page, &made);
    page.answer();
    assert_eq!(page.state.explorer.prompt, "Hello");
    assert_eq!(page.ids(), b"Hello".map(u32::from));
    page.act(Action::Undo);
    assert_eq!(page.ids(), mine);
    // What was there is kept for later visits, too.
    let kept = page.wanted.iter().find_map(|effect| match effect {
        Effect::KeepSession(past) => Some(past.title.clone()),
        _ => None,
    });
    assert_eq!(kept.as_deref(), Some("Mine"));
}

#[test]
fn past_sessions_are_found_by_their_text_and_their_model() {
    let mut page = TestPage::ready();
    let past = |title: &str, model: &str| crate::state::PastSession {
        title: title.into(),
        model: model.into(),
        saved: 1.0,
        link: title.into(),
    };
    let all = vec![past("The capital of France", "SmolLM2"), past("Once upon", "demo")];
    page.act(Action::Sharing(SharingAction::Past(all)));
    for (typed, found) in [("", 2), ("FRANCE", 1), ("demo", 1), ("smol ", 1), ("x", 0)] {
        page.act(Action::Sharing(SharingAction::EditFilter(typed.into())));
        assert_eq!(page.state.sharing.listed().count(), found, "{typed}");
    }
}
