//! Two engines side by side.

use protocol::{
    Command, Event, LogProbabilities, ModelDescription, Precision, Reply, Request, Token,
};

use super::TestPage;
use super::test_page::{description, distribution, token_of};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{BackendKind, ComparisonAction, Other, Tool};

/// A page that compares with a second engine, which has loaded a model.
pub(super) fn with_side(other: Other, model: ModelDescription) -> TestPage {
    let mut page = TestPage::started("hi");
    page.act(Action::ToggleTool(Tool::Compare));
    page.act(Action::Compare(ComparisonAction::SetOther(other)));
    page.act(Action::Compare(ComparisonAction::Compare));
    side(&mut page, LinkEvent::Open);
    let load = asked(&mut page);
    reply(&mut page, load, Event::Ready(model));
    page
}

fn side(page: &mut TestPage, event: LinkEvent) {
    let generation = page.state.side.generation;
    page.act(Action::SideLink { generation, event });
}

/// The oldest request that the second engine has not answered.
pub(super) fn asked(page: &mut TestPage) -> Request {
    let at = page.wanted.iter().position(|e| matches!(e, Effect::SendSide(_)));
    match page.wanted.remove(at.expect("the second engine was asked")) {
        Effect::SendSide(request) => request,
        _ => unreachable!(),
    }
}

pub(super) fn reply(page: &mut TestPage, request: Request, event: Event) {
    side(page, LinkEvent::Reply(Box::new(Reply { id: request.id, event })));
}

/// ln p of 256 tokens, of which `a` has most.
pub(super) fn whole(p_of_a: f32) -> Event {
    let rest = ((1.0 - p_of_a) / 255.0).ln();
    let mut values = vec![rest; 256];
    values[97] = p_of_a.ln();
    Event::LogProbabilities(LogProbabilities::pack(2, &values))
}

/// The answer of an engine with the page's tokens.
pub(super) fn seen(command: &Command) -> Event {
    let Command::NextToken { ids, settings, candidates, watch } = command else {
        panic!("{command:?}")
    };
    let mut seen = distribution(ids, settings.clone(), *candidates, watch);
    for (known, id) in seen.watched.iter_mut().zip(watch) {
        known.token = token_of(*id as u8);
    }
    Event::Distribution(seen)
}

#[test]
fn another_precision_is_loaded_beside_the_model_and_asked_about_the_same_text() {
    let mut page = with_side(Other::Precision(Precision::F32), description());
    let opened = |effect: &Effect| {
        matches!(effect, Effect::ConnectSide { backend: BackendKind::Worker, .. })
    };
    assert!(page.wanted.iter().any(opened));
    assert_eq!(page.connections(), 1, "the page's own engine goes on");
    let first = asked(&mut page);
    assert!(
        matches!(&first.command, Command::NextToken { ids, .. } if ids == &[104, 105])
    );
    let event = seen(&first.command);
    reply(&mut page, first, event);
    let there = asked(&mut page);
    assert!(matches!(there.command, Command::LogProbabilities { .. }));
    reply(&mut page, there, whole(0.5));
    assert!(page.state.side.found.is_none(), "the page's own answer lacks");
    let here = page.sent.remove(0);
    page.reply(here.id, whole(0.25));
    page.answer();
    let found = page.state.side.found.as_ref().unwrap();
    let divergence = found.apart.unwrap().p.unwrap();
    // ¼·log₂(½) + ¾·log₂(1½), by hand.
    assert!((divergence.first_from_second.unwrap() - 0.188_721_88).abs() < 1e-6);
    assert_eq!(found.rows.len(), 10);
    assert!(page.sent.is_empty(), "asked once");

    // A token of a row is appended, and both are asked again.
    page.act(Action::Compare(ComparisonAction::AppendBoth(0)));
    page.answer_next();
    assert!(
        matches!(asked(&mut page).command, Command::NextToken { ids, .. } if ids.len() == 3)
    );
    page.act(Action::Compare(ComparisonAction::CloseSide));
    assert!(page.wanted.contains(&Effect::DisconnectSide));
    assert!(page.state.side.target.is_none());
}

#[test]
fn a_model_with_other_tokens_reads_the_text_in_its_own_and_is_compared_by_text() {
    let model = ModelDescription { vocab_size: 300, ..description() };
    let mut page = with_side(Other::Model, model);
    let request = asked(&mut page);
    assert!(matches!(&request.command, Command::Tokenize { text, .. } if text == "hi"));
    let whole = Token::new(7, b"hi".to_vec(), false);
    reply(&mut page, request, Event::Tokenized { tokens: vec![whole] });
    page.answer();
    let request = asked(&mut page);
    assert!(matches!(&request.command, Command::NextToken { ids, .. } if ids == &[7]));
    let mut there = distribution(&[7], Default::default(), 3, &[]);
    there.candidates[0].token = Token::new(9, b"xyz".to_vec(), false);
    reply(&mut page, request, Event::Distribution(there));
    let found = page.state.side.found.as_ref().unwrap();
    assert!(found.apart.is_none(), "there is no divergence of different tokens");
    let only_there = found.rows.iter().find(|row| row.token() == "xyz").unwrap();
    assert!(only_there.first.is_none());
    let both = found.rows.iter().find(|row| row.token() == "b").unwrap();
    assert!(both.first.is_some() && both.second.is_some());
}

#[test]
fn a_second_engine_that_ends_leaves_the_first_and_says_why() {
    let mut page = with_side(Other::Precision(Precision::F32), description());
    side(&mut page, LinkEvent::Died("out of memory".into()));
    assert!(page.state.side.problem.as_ref().unwrap().contains("out of memory"));
    assert!(page.state.engine.is_ready());
    assert!(page.state.error.is_none());
    // What it says afterwards is outdated.
    let generation = page.state.side.generation.wrapping_sub(1);
    page.act(Action::SideLink { generation, event: LinkEvent::Open });
    assert!(page.state.side.target.is_none());
}

#[test]
fn the_same_number_of_tokens_does_not_make_them_the_same() {
    let mut page = with_side(Other::Model, description());
    let first = asked(&mut page);
    let Event::Distribution(mut seen) = seen(&first.command) else { panic!() };
    seen.watched[3].token =
        Token::new(seen.watched[3].token.id, b"other".to_vec(), false);
    reply(&mut page, first, Event::Distribution(seen));
    assert!(matches!(asked(&mut page).command, Command::Tokenize { .. }));
}
