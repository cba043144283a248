//! A trace shows what the open tool and the chat showed, and nothing is computed.

use protocol::{
    Candidate, Command, ComparedCandidate, Divergence, Event, Finding, FinishReason,
    LensLayer, LensPosition, Occluded, OcclusionStart, RankedToken, Request,
    SamplerSettings, TextComparison, TokenRank, Word, WordForm, Words,
};

use super::TestPage;
use super::sharing::{open, trace};
use super::test_page::{distribution, finished, generated, token_of};
use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::inside::InsideModel;
use crate::state::{
    ChatToken, ComparisonAction, Draft, Heat, InsideAction, InsideView, Readiness,
    ScoresAction, State, Tab, Tool, WordsAction,
};

fn candidate(id: u8) -> Candidate {
    let listed = distribution(&[1], SamplerSettings::default(), 1, &[]).candidates;
    Candidate { token: token_of(id), ..listed[0].clone() }
}

/// Takes the request that a command is of.
pub(super) fn taken(page: &mut TestPage, is: fn(&Command) -> bool) -> Request {
    let at = page.sent.iter().position(|request| is(&request.command));
    page.sent.remove(at.expect("it was asked"))
}

pub(super) fn with_tool(tool: Tool) -> TestPage {
    let mut page = TestPage::started("hi");
    page.act(Action::ToggleTool(tool));
    page
}

/// Another page that opens the trace of this one.
pub(super) fn opened(page: &mut TestPage) -> TestPage {
    let text = trace(page);
    let mut other = TestPage::opened(State::default());
    open(&mut other, &text);
    assert_eq!(other.state.error, None, "{text}");
    assert_eq!(other.state.engine.readiness, Readiness::Recorded);
    assert_eq!(other.state.open_tool(), page.state.open_tool());
    let answers = |page: &TestPage| {
        page.state.session(true).unwrap().recorded.unwrap().answers.clone()
    };
    assert_eq!(answers(&other), answers(page));
    assert!(!answers(page).is_empty(), "there is something to compare");
    // What is done with a tool asks no one.
    other.act(Action::TurnKnob(crate::state::Knob::Seed, 7.0));
    assert!(other.sent.is_empty(), "{:?}", other.sent);
    other
}

#[test]
fn watched_words_are_in_a_trace() {
    let mut page = with_tool(Tool::Words);
    page.act(Action::Words(WordsAction::Edit("do".into())));
    page.act(Action::Words(WordsAction::Watch));
    page.act(Action::Words(WordsAction::Edit("\"ré\u{1f600}".into())));
    page.sent.retain(|request| !matches!(request.command, Command::Cancel { .. }));
    while page.sent.len() > 1 {
        page.sent.remove(0);
    }
    let request = taken(&mut page, |command| matches!(command, Command::LookUp { .. }));
    let word = |text, form| Word {
        text,
        form,
        length: 2,
        tokens: vec![candidate(b'd'), candidate(b'o')],
        log_probability: -0.1,
    };
    let words = vec![word(0, WordForm::AsTyped), word(1, WordForm::WithSpace)];
    let words = Words { words, timings: Default::default() };
    page.reply(request.id, Event::LookedUp(words));
    let other = opened(&mut page);
    assert_eq!(other.state.words.watched, ["do"]);
    assert_eq!(other.state.words.query, "\"ré\u{1f600}");
    let found = |page: &TestPage| page.state.words.found.clone().unwrap().1;
    assert_eq!(found(&other), found(&page));
}

#[test]
fn scores_are_in_a_trace_with_their_tint() {
    let mut page = with_tool(Tool::Score);
    page.act(Action::Scores(ScoresAction::Edit("a text".into())));
    page.act(Action::Scores(ScoresAction::ScoreTyped));
    page.answer();
    page.act(Action::Scores(ScoresAction::SetHeat(Heat::Entropy)));
    let other = opened(&mut page);
    let tokens = |page: &TestPage| page.state.scores.text.clone().unwrap().tokens;
    assert_eq!(tokens(&other), tokens(&page));
    assert_eq!(other.state.scores.heat, Heat::Entropy);
    assert_eq!(other.state.scores.typed, "a text");
}

#[test]
fn a_comparison_is_in_a_trace_with_its_text_and_its_sampler() {
    let mut page = with_tool(Tool::Compare);
    page.act(Action::Compare(ComparisonAction::Edit("ho".into())));
    page.act(Action::Compare(ComparisonAction::SetTemperature(Some(1.3))));
    page.act(Action::Compare(ComparisonAction::Compare));
    page.answer_next();
    let request = taken(&mut page, |command| matches!(command, Command::Compare { .. }));
    let divergence = |bits: f64| Divergence {
        first_from_second: Some(bits),
        second_from_first: None,
        jensen_shannon: bits / 3.0,
    };
    let pair = |id| ComparedCandidate { first: candidate(id), second: candidate(id) };
    let found = TextComparison {
        positions: [2, 2],
        vocab_size: 256,
        exact: true,
        candidates: vec![pair(b'x'), pair(b'y')],
        entropy_bits: [1.0 / 3.0, 2.5],
        p: divergence(0.123_456_789_012_345),
        q: divergence(7.0),
        timings: Default::default(),
    };
    page.reply(request.id, Event::Compared(Box::new(found)));
    let other = opened(&mut page);
    let comparison = &other.state.comparison;
    assert_eq!((comparison.typed.as_str(), comparison.temperature), ("ho", Some(1.3)));
    let found = |page: &TestPage| page.state.comparison.found.clone().unwrap().1;
    assert_eq!(found(&other), found(&page));
}

fn findings(view: InsideView) -> Vec<Finding> {
    let ranked = || RankedToken { token: token_of(b'x'), probability: 0.1 };
    match view {
        InsideView::Occlusion => vec![
            Finding::Occlusion(OcclusionStart {
                target: token_of(b'a'),
                log_probability: -0.7,
                units: 2,
                tokens_to_read: 1,
            }),
            Finding::Occluded(Occluded {
                start: 1,
                end: 2,
                log_probability: -1.0 / 3.0,
                top: ranked(),
            }),
        ],
        _ => vec![Finding::Lens(LensPosition {
            position: 2,
            followed: vec![token_of(b'a'), token_of(b'b')],
            layers: vec![LensLayer {
                top: vec![ranked()],
                followed: vec![TokenRank { probability: 0.3, rank: 2 }; 2],
                entropy_bits: 1.1,
            }],
        })],
    }
}

#[test]
fn what_was_found_inside_is_in_a_trace() {
    for view in [InsideView::Lens, InsideView::Occlusion] {
        let mut page = TestPage::started("hi");
        page.act(Action::Inside(InsideAction::Show(view)));
        page.act(Action::ToggleTool(Tool::Inside));
        if view == InsideView::Occlusion {
            page.act(Action::Inside(InsideAction::Occlude));
        }
        let request =
            taken(&mut page, |command| matches!(command, Command::Inspect { .. }));
        for finding in findings(view) {
            page.reply(request.id, Event::Finding(finding));
        }
        let timings = Default::default();
        page.reply(request.id, Event::Inspected { timings });
        let mut other = opened(&mut page);
        let table = |page: &TestPage| {
            let model = InsideModel::of(&page.state);
            (model.table, model.heat, model.chosen)
        };
        assert_eq!(table(&other), table(&page), "{view:?}");
        assert!(!table(&other).0.rows.is_empty(), "{view:?}");
        // Another view was not recorded, and says so.
        other.act(Action::Inside(InsideAction::Show(InsideView::Attribution)));
        assert!(other.sent.is_empty());
        let note = InsideModel::of(&other.state).note;
        assert!(note.contains("recording"), "{note}");
    }
}

/// A chat with two replies; the second is an earlier visit's, of which the tokens are not known.
fn conversation() -> TestPage {
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    for (question, tokens) in [("hello \"you\"", &b"ok\0"[..]), ("and?\n", b"yes")] {
        page.act(Action::Chat(ChatAction::EditInput(question.into())));
        page.act(Action::Chat(ChatAction::Send));
        let id = page.sent.remove(0).id;
        page.reply(id, Event::Prompt { tokens: vec![token_of(b'p'), token_of(b'q')] });
        for byte in tokens {
            page.reply(id, generated(*byte));
        }
        page.reply(id, finished(FinishReason::MaxTokens));
    }
    let reply = page.state.chat.last_reply_mut().unwrap();
    reply.tokens[1].distribution = None;
    page
}

fn said(page: &TestPage) -> Vec<(String, String)> {
    let exchanges = page.state.chat.exchanges.iter();
    exchanges.map(|one| (one.question.clone(), one.reply().answer())).collect()
}

#[test]
fn the_conversation_is_in_a_trace_with_what_its_tokens_were_drawn_from() {
    let mut page = conversation();
    page.act(Action::Chat(ChatAction::LookAt(ChatToken { exchange: 0, token: 1 })));
    let mut other = opened(&mut page);
    assert_eq!((other.state.tab, said(&other)), (Tab::Chat, said(&page)));
    assert_eq!(said(&other)[1], ("and?".into(), "yes".into()));
    assert_eq!(other.state.chat.focus, page.state.chat.focus);
    let seen = |page: &TestPage| {
        let view = page.state.in_view().unwrap();
        (view.distribution.clone(), view.chosen.cloned())
    };
    assert_eq!(seen(&other), seen(&page));
    let reply = other.state.chat.exchanges[0].reply();
    assert_eq!((reply.prompt.len(), reply.tokens.len()), (2, 3));
    assert_eq!(reply.finish, Some(FinishReason::MaxTokens));
    other.act(Action::Chat(ChatAction::EditInput("more".into())));
    other.act(Action::Chat(ChatAction::Send));
    assert!(other.sent.is_empty(), "nobody answers");
}

#[test]
fn one_s_own_conversation_is_still_there_beside_that_of_a_trace() {
    let text = trace(&mut conversation());
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::EditInput("mine".into())));
    page.act(Action::Chat(ChatAction::Send));
    let id = page.sent.remove(0).id;
    page.reply(id, Event::Prompt { tokens: vec![token_of(b'p')] });
    page.reply(id, generated(b'm'));
    page.reply(id, finished(FinishReason::EndOfText));
    let mine = said(&page);
    open(&mut page, &text);
    assert_eq!(said(&page).len(), 2);
    assert_eq!(page.state.chat.exchanges[0].versions(), (2, 1));
    // It outlives the visit, too.
    let mut next = State::default();
    Draft::of(&page.state).restore(&mut next);
    next.chat.step_version(0, -1);
    page.state.chat.step_version(0, -1);
    assert_eq!(said(&page), mine);
    page.state = next;
    assert_eq!(said(&page), mine);
}

#[test]
fn only_what_is_on_screen_is_in_a_trace() {
    let mut page = conversation();
    page.act(Action::ShowTab(Tab::Explorer));
    let recorded = |page: &TestPage| page.state.session(true).unwrap().recorded.unwrap();
    assert!(recorded(&page).answers.is_empty(), "the conversation is not on screen");
    let mut page = with_tool(Tool::Score);
    page.act(Action::Scores(ScoresAction::Edit("a secret".into())));
    page.act(Action::Scores(ScoresAction::ScoreTyped));
    page.answer();
    page.act(Action::ToggleTool(Tool::Branches));
    let text = trace(&mut page);
    assert!(!text.contains("secret"), "a tool that is closed tells nothing");
}
