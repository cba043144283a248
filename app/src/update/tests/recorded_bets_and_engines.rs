//! A trace shows what was drawn, grown, verified, bet, and said by two engines.

use protocol::{
    ChiSquare, Command, DrawnToken, Draws, Event, GrowMode, Growth, ModelDescription,
    Outside, Precision, Sweep, SweepPoint, SweptKnob, SweptToken, Token,
};

use super::TestPage;
use super::recorded_tools::{opened, taken, with_tool};
use super::side::{asked, reply, seen, whole, with_side};
use super::test_page::{description, distribution, verification};
use crate::action::Action;
use crate::state::{
    BranchesAction, CameTo, DrawsAction, GrowKnob, GuessAction, Other, Tool,
};
use crate::view::tools::verification::VerificationModel;

#[test]
fn draws_and_sweeps_are_in_a_trace() {
    let mut page = with_tool(Tool::Draws);
    page.act(Action::Draws(DrawsAction::SetCount(100)));
    page.sent.retain(|request| !matches!(request.command, Command::Cancel { .. }));
    let shown = page.state.current().unwrap().clone();
    let candidate = &shown.candidates[0];
    let drawn = Draws {
        position: 2,
        vocab_size: 256,
        draws: 100,
        distinct: 3,
        tokens: vec![DrawnToken { candidate: candidate.clone(), draws: 97 }],
        outside: Outside { tokens: 255, probability: 0.1, sampled_probability: 0.1 },
        outside_draws: 3,
        chi_square: Some(ChiSquare {
            statistic: 1.0 / 3.0,
            degrees_of_freedom: 1,
            p_value: 0.5,
        }),
        settings: shown.settings.clone(),
        timings: Default::default(),
    };
    let sweep = |knob| Sweep {
        position: 2,
        vocab_size: 256,
        knob,
        tokens: vec![SweptToken { token: candidate.token.clone(), probability: 0.3 }],
        points: vec![SweepPoint {
            value: 0.7,
            kept: 4,
            sampled_probabilities: vec![0.9],
            outside: 0.1,
        }],
        settings: shown.settings.clone(),
        timings: Default::default(),
    };
    for event in [
        Event::Drawn(Box::new(drawn)),
        Event::Swept(Box::new(sweep(SweptKnob::Temperature))),
        Event::Swept(Box::new(sweep(SweptKnob::TopP))),
    ] {
        let request = taken(&mut page, |command| {
            matches!(command, Command::Draw { .. } | Command::Sweep { .. })
        });
        page.reply(request.id, event);
    }
    page.sent.clear();
    let other = opened(&mut page);
    let shown = |page: &TestPage| {
        let trials = &page.state.trials;
        let found = (trials.drawn.clone(), trials.temperature.clone());
        let (drawn, temperature) = (found.0.unwrap().1, found.1.unwrap().1);
        (trials.draws, drawn, temperature, trials.top_p.clone().unwrap().1)
    };
    assert_eq!(shown(&other), shown(&page));
    assert_eq!(shown(&other).0, 100);
}

#[test]
fn a_verification_is_in_a_trace() {
    let mut page = with_tool(Tool::Verify);
    page.act(Action::Verify);
    let request = taken(&mut page, |command| matches!(command, Command::Verify { .. }));
    let mut check = verification(&[104, 105], 5);
    check.largest_difference = 1.0 / 3.0;
    page.reply(request.id, Event::Verified(Box::new(check)));
    let other = opened(&mut page);
    let shown = |page: &TestPage| VerificationModel::of(&page.state);
    assert_eq!(shown(&other), shown(&page));
    assert!(!shown(&other).result.is_empty());
}

#[test]
fn how_branches_grew_is_in_a_trace() {
    let mut page = with_tool(Tool::Branches);
    page.act(Action::Branches(BranchesAction::SetMode(GrowMode::Beam)));
    page.act(Action::Branches(BranchesAction::Set(GrowKnob::Mass, 0.7)));
    let other = opened(&mut page);
    assert_eq!(other.state.branches.growth, page.state.branches.growth);
    assert_eq!(other.state.branches.came_to, CameTo::Nothing);
    page.act(Action::Branches(BranchesAction::Grow));
    let request = taken(&mut page, |command| matches!(command, Command::Grow { .. }));
    let end = Growth { nodes: 12, limited: true, ..Growth::default() };
    page.reply(request.id, Event::Grown(end));
    let other = opened(&mut page);
    assert_eq!(other.state.branches.came_to, CameTo::Grown { nodes: 12, limited: true });
}

#[test]
fn bets_are_in_a_trace_and_can_be_gone_on_with() {
    let mut page = with_tool(Tool::Guess);
    page.act(Action::Guess(GuessAction::Add(1)));
    page.act(Action::Guess(GuessAction::Add(1)));
    let mut other = opened(&mut page);
    assert_eq!(bets(&other), bets(&page));
    for page in [&mut page, &mut other] {
        page.act(Action::Guess(GuessAction::Reveal));
    }
    assert_eq!(bets(&other), bets(&page));
    let other = opened(&mut page);
    assert_eq!(bets(&other), bets(&page));
    assert_eq!(bets(&other).2, 1);
}

/// The chips, what came of them, and the score.
fn bets(page: &TestPage) -> (Vec<u8>, Option<(usize, u64)>, u32, u64) {
    let guess = &page.state.guess;
    let bets = guess.bets.as_ref().unwrap();
    let outcome = bets.outcome.map(|outcome| (outcome.row, outcome.player.to_bits()));
    (bets.chips.clone(), outcome, guess.rounds, guess.model.to_bits())
}

/// What the comparison of two engines shows.
fn compared(page: &TestPage) -> String {
    let side = &page.state.side;
    let found = side.found.as_ref().unwrap();
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        found.rows,
        found.apart,
        found.entropy_bits(),
        found.positions(),
        side.model
    )
}

#[test]
fn two_engines_with_the_same_tokens_are_in_a_trace() {
    let mut page = with_side(Other::Precision(Precision::F32), description());
    let first = asked(&mut page);
    let event = seen(&first.command);
    reply(&mut page, first, event);
    let there = asked(&mut page);
    reply(&mut page, there, whole(0.5));
    let here = page.sent.remove(0);
    page.reply(here.id, whole(0.25));
    page.answer();
    let other = opened(&mut page);
    assert_eq!(compared(&other), compared(&page));
    assert!(other.state.side.found.as_ref().unwrap().apart.is_some());
    assert_eq!(other.state.comparison.with, Other::Precision(Precision::F32));
    assert!(other.state.side.target.is_none(), "no second engine runs");
}

#[test]
fn two_engines_with_other_tokens_are_in_a_trace() {
    let model = ModelDescription { vocab_size: 300, ..description() };
    let mut page = with_side(Other::Model, model);
    let request = asked(&mut page);
    let token = Token::new(7, b"hi".to_vec(), false);
    reply(&mut page, request, Event::Tokenized { tokens: vec![token] });
    page.answer();
    let request = asked(&mut page);
    let mut there = distribution(&[7], Default::default(), 3, &[]);
    there.vocab_size = 300;
    there.candidates[0].token = Token::new(299, b"xyz".to_vec(), false);
    there.sampled = there.candidates[0].clone();
    reply(&mut page, request, Event::Distribution(there));
    let other = opened(&mut page);
    assert_eq!(compared(&other), compared(&page));
    assert!(other.state.side.found.as_ref().unwrap().apart.is_none());
}
