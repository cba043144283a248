//! Verifying the numbers on screen.

use protocol::{Command, ErrorCode, Event, Failure, Phase, Progress, RequestId};

use super::test_page::{TestPage, finished, verification};
use crate::action::Action;
use crate::state::{Knob, Tab};
use crate::view::controls::EnabledControls;
use crate::view::tools::verification::VerificationModel;

fn shown(page: &TestPage) -> VerificationModel {
    VerificationModel::of(&page.state)
}

/// A page on which a verification was just requested, with the id of its request.
fn verifying() -> (TestPage, RequestId) {
    let mut page = TestPage::started("abc");
    page.act(Action::Verify);
    let id = page.sent[0].id;
    (page, id)
}

#[test]
fn the_numbers_on_screen_are_verified_and_the_result_stays_with_their_text() {
    let (mut page, _) = verifying();
    let rows = page.state.knobs.rows;
    assert_eq!(
        page.commands(),
        [&Command::Verify { ids: vec![97, 98, 99], candidates: rows }]
    );
    assert_eq!((shown(&page).running, shown(&page).result.as_str()), (Some(0.0), ""));
    page.answer();
    let result = shown(&page).result;
    assert!(result.starts_with("Checked with candle in f32: "), "{result}");
    assert_eq!(shown(&page).running, None);

    // Of the next token's distribution nothing is known.
    page.act(Action::Greedy);
    assert_eq!(shown(&page).result, "");
    page.answer();
    assert_eq!(shown(&page).result, "");
    // Back at the text, it is.
    page.act(Action::Undo);
    page.answer();
    assert_eq!(shown(&page).result, result);
    page.act(Action::LookBack(1));
    page.answer();
    assert_eq!(shown(&page).result, "");
    page.act(Action::Return);
    page.answer();
    assert_eq!(shown(&page).result, result);
}

#[test]
fn turning_a_knob_of_the_sampler_leaves_the_result_as_p_stays() {
    let (mut page, _) = verifying();
    page.answer();
    let result = shown(&page).result;
    page.act(Action::TurnKnob(Knob::Temperature, 1.5));
    page.answer();
    assert_eq!(shown(&page).result, result);
}

#[test]
fn while_it_runs_it_shows_how_far_it_is_and_can_be_stopped() {
    for stop in [Action::StopVerifying, Action::Escape, Action::Stop] {
        let (mut page, id) = verifying();
        let enabled = EnabledControls::of(&page.state);
        assert!(!enabled.verify && !enabled.stop && enabled.play && enabled.choose);
        let phase = Phase::Verify;
        let progress = Progress { phase, done: 3, total: Some(12), per_second: None };
        page.reply(id, Event::Progress(progress));
        assert_eq!(shown(&page).running, Some(0.25));
        // Stop in the place of Play is for what Play does.
        assert!(!EnabledControls::of(&page.state).stop);
        page.sent.clear();
        page.act(stop);
        assert_eq!(page.commands(), [&Command::Cancel { request: id }]);
        assert_eq!(shown(&page).running, None);
        page.reply(id, finished(protocol::FinishReason::Cancelled));
        page.reply(id, Event::Verified(Box::new(verification(&[97, 98, 99], 10))));
        assert_eq!(shown(&page).result, "");
        assert!(EnabledControls::of(&page.state).verify);
    }
}

#[test]
fn whatever_else_the_person_does_ends_it() {
    let leaving = [
        Action::Greedy,
        Action::Undo,
        Action::LookBack(1),
        Action::ShowTab(Tab::Chat),
        Action::Play,
        Action::Reset,
        Action::Start,
        Action::TurnKnob(Knob::Temperature, 1.5),
    ];
    for action in leaving {
        let (mut page, id) = verifying();
        page.sent.clear();
        page.act(action.clone());
        assert_eq!(shown(&page).running, None, "{action:?}");
        let cancelled = page.commands().contains(&&Command::Cancel { request: id });
        assert!(cancelled, "{action:?}: {:?}", page.commands());
    }
}

#[test]
fn a_failure_is_shown_and_the_numbers_stay() {
    let (mut page, id) = verifying();
    let message = "There is not enough memory.".to_owned();
    let failure = Failure { code: ErrorCode::OutOfMemory, message, hint: None };
    page.reply(id, Event::Failed(failure));
    assert_eq!(page.problem(), "There is not enough memory.");
    assert!(page.state.in_view().is_some());
    assert!(EnabledControls::of(&page.state).verify);
}

#[test]
fn without_numbers_there_is_nothing_to_verify() {
    let mut page = TestPage::ready();
    assert!(!EnabledControls::of(&page.state).verify);
    page.act(Action::Verify);
    assert!(page.sent.is_empty());
    let mut page = TestPage::started("abc");
    page.act(Action::LookBack(0));
    assert!(!EnabledControls::of(&page.state).verify);
}
