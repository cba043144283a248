//! Knobs that are turned while a distribution is in view.

use protocol::Command;

use super::TestPage;
use crate::action::Action;
use crate::state::{Knob, Tab};

fn temperatures(page: &TestPage) -> Vec<f32> {
    let asked = page.commands().into_iter().filter_map(|command| match command {
        Command::NextToken { settings, .. } => Some(settings.temperature),
        _ => None,
    });
    asked.collect()
}

#[test]
fn one_request_is_under_way_and_the_newest_settings_go_next() {
    let mut page = TestPage::started("hi");
    for temperature in [1.0, 1.1, 1.2, 1.3] {
        page.act(Action::TurnKnob(Knob::Temperature, temperature));
    }
    assert_eq!(temperatures(&page), [1.0]);
    page.answer_next();
    assert_eq!(temperatures(&page), [1.3]);
    page.answer();
    assert_eq!(page.state.current().unwrap().settings.temperature, 1.3);
}

#[test]
fn turned_knobs_ask_for_the_same_ids() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::TopK, 5.0));
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { ids, settings, .. }]
            if ids == &[104, 105] && settings.top_k == 5
    ));
}

#[test]
fn a_knob_that_stays_where_it_is_asks_nothing() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::Rows, 10.0));
    assert!(page.sent.is_empty());
}

#[test]
fn knobs_of_the_chat_leave_the_explorer_alone() {
    let mut page = TestPage::started("hi");
    page.act(Action::TurnKnob(Knob::ChatTemperature, 1.5));
    page.act(Action::TurnKnob(Knob::MaxNewTokens, 20.0));
    assert!(page.sent.is_empty());
}

#[test]
fn the_explorer_catches_up_with_knobs_that_were_turned_in_the_chat() {
    let mut page = TestPage::started("hi");
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::TurnKnob(Knob::TopP, 0.5));
    assert!(page.sent.is_empty());
    page.act(Action::ShowTab(Tab::Explorer));
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { settings, .. }] if settings.top_p == 0.5
    ));
}

#[test]
fn a_knob_turned_before_the_answer_of_another_text_waits_for_that_text() {
    let mut page = TestPage::started("hi");
    page.act(Action::EditPrompt("ho".into()));
    page.act(Action::Start);
    page.act(Action::TurnKnob(Knob::Temperature, 1.5));
    assert!(temperatures(&page).is_empty());
    page.answer();
    let current = page.state.current().unwrap();
    assert_eq!((current.settings.temperature, current.position), (1.5, 2));
}
