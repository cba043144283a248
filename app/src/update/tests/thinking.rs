//! The switch of models that think before they answer.

use protocol::{Command, FinishReason, TemplateValue, TemplateVariables};

use super::TestPage;
use super::test_page::finished;
use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::state::Remembered;

/// A page whose model's template reads `enable_thinking`.
fn page(name: &str, unasked: bool) -> TestPage {
    let mut page = TestPage::ready();
    choose(&mut page, name, "enable_thinking", unasked);
    page
}

/// Puts another model in the place of the one in use.
fn choose(page: &mut TestPage, name: &str, variable: &str, unasked: bool) {
    let model = page.state.engine.model.as_mut().unwrap();
    (model.name, model.thinking) = (name.into(), variable.into());
    model.thinks_unasked = unasked;
}

fn think(page: &mut TestPage, thinks: bool) {
    page.act(Action::Chat(ChatAction::Think(thinks)));
}

/// What the template is told with the next message.
fn told(page: &mut TestPage) -> TemplateVariables {
    page.act(Action::Chat(ChatAction::EditInput("hello".into())));
    page.act(Action::Chat(ChatAction::Send));
    let request = page.sent.remove(0);
    let Command::Chat { template_variables, .. } = request.command else { panic!() };
    page.reply(request.id, finished(FinishReason::EndOfText));
    template_variables
}

fn flag(name: &str, value: bool) -> TemplateVariables {
    [(name.to_owned(), TemplateValue::Flag(value))].into()
}

#[test]
fn a_template_is_told_only_what_it_does_not_do_unasked() {
    let mut page = page("thinker", true);
    assert_eq!(page.state.thinks(), Some(true));
    assert!(told(&mut page).is_empty());
    think(&mut page, false);
    assert_eq!(page.state.thinks(), Some(false));
    assert_eq!(told(&mut page), flag("enable_thinking", false));
    think(&mut page, true);
    assert!(told(&mut page).is_empty());
    choose(&mut page, "other", "thinking", false);
    assert!(told(&mut page).is_empty());
    think(&mut page, true);
    assert_eq!(told(&mut page), flag("thinking", true));
}

#[test]
fn a_model_without_the_switch_is_told_nothing() {
    let mut page = page("thinker", true);
    think(&mut page, false);
    choose(&mut page, "thinker", "", false);
    assert_eq!(page.state.thinks(), None);
    assert!(told(&mut page).is_empty());
    think(&mut page, true);
    assert_eq!(page.state.models.remembered.thinking, ["thinker"], "it is as it was");
}

#[test]
fn the_switch_is_kept_for_each_model_also_for_later_visits() {
    let mut page = page("a", true);
    think(&mut page, false);
    choose(&mut page, "b", "enable_thinking", true);
    assert_eq!(page.state.thinks(), Some(true));
    let stored = serde_json::to_string(&page.state.models.remembered).unwrap();
    page.state.models.remembered = Remembered::read(&stored);
    choose(&mut page, "a", "enable_thinking", true);
    assert_eq!(page.state.thinks(), Some(false));
    // What another tab stored meanwhile is not lost, and what this one changed is not either.
    let base = page.state.models.remembered.clone();
    think(&mut page, true);
    let merged = page.state.models.remembered.merged(&base, base.clone());
    assert_eq!(merged.thinking, [""; 0]);
    let unchanged = base.merged(&base, page.state.models.remembered.clone());
    assert_eq!(unchanged.thinking, [""; 0]);
}

#[test]
fn of_many_models_the_newest_are_kept() {
    let mut page = page("0", true);
    for number in 0..150 {
        choose(&mut page, &number.to_string(), "enable_thinking", true);
        think(&mut page, false);
        think(&mut page, false);
    }
    let kept = &page.state.models.remembered.thinking;
    assert_eq!((kept.len(), &*kept[0], &*kept[99]), (100, "50", "149"));
}
