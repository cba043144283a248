//! The sampler's further steps, and many draws.

use protocol::{
    AllowedTexts, Command, ErrorCode, Event, Failure, SamplerOrder, SamplerSettings,
    SweptKnob,
};

use super::TestPage;
use crate::action::Action;
use crate::state::{AllowedKind, DrawsAction, Knob, SamplerAction, Tool};
use crate::texts::tokens;

fn sampler(page: &mut TestPage, action: SamplerAction) {
    page.act(Action::Sampler(action));
}

/// The settings of the distribution that is asked for last.
fn asked(page: &TestPage) -> SamplerSettings {
    let mut commands = page.commands().into_iter().rev();
    let settings = commands.find_map(|command| match command {
        Command::NextToken { settings, .. } => Some(settings.clone()),
        _ => None,
    });
    settings.unwrap()
}

#[test]
fn a_token_is_named_by_its_text_and_resolved_by_the_model() {
    let mut page = TestPage::started("hi");
    sampler(&mut page, SamplerAction::EditToken("c".into()));
    sampler(&mut page, SamplerAction::Ban);
    let texts: Vec<&str> = page
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Tokenize { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["c", " c"]);
    page.answer();
    // To this model, a space and a letter are two tokens.
    assert_eq!(page.state.sampler().banned, [99]);
    assert_eq!(page.state.current().unwrap().settings.banned, [99]);

    // What is said of it later takes the place of that.
    sampler(&mut page, SamplerAction::EditToken("c".into()));
    sampler(&mut page, SamplerAction::SetBias(-3.0));
    sampler(&mut page, SamplerAction::AddBias);
    page.answer();
    let settings = page.state.sampler();
    assert_eq!((settings.banned.len(), settings.logit_bias[0].bias), (0, -3.0));
    sampler(&mut page, SamplerAction::Remove(0));
    page.answer();
    assert_eq!(page.state.sampler(), SamplerSettings::default());
}

#[test]
fn another_model_is_asked_for_its_own_tokens() {
    let mut page = TestPage::started("hi");
    sampler(&mut page, SamplerAction::EditToken("c".into()));
    sampler(&mut page, SamplerAction::Ban);
    page.answer();
    page.die();
    page.act(Action::Restart);
    assert!(
        page.state.sampler().banned.is_empty() || page.state.engine.model_id().is_some()
    );
    page.load();
    page.answer();
    assert_eq!(page.state.sampler().banned, [99]);
}

#[test]
fn allowed_texts_are_those_of_what_follows_the_prompt() {
    let mut page = TestPage::started("hi");
    page.act(Action::Greedy);
    page.answer();
    sampler(&mut page, SamplerAction::EditAllowed("yes\nno".into()));
    sampler(&mut page, SamplerAction::SetAllowed(AllowedKind::List));
    let settings = asked(&page);
    let texts = ["yes", " yes", "no", " no"].map(str::to_owned).to_vec();
    assert_eq!(settings.allowed, Some(AllowedTexts::Choices(texts)));
    assert_eq!(settings.prompt_tokens, Some(2));
}

#[test]
fn a_pattern_that_cannot_be_used_is_told_beside_it_until_it_can() {
    let mut page = TestPage::started("hi");
    sampler(&mut page, SamplerAction::SetAllowed(AllowedKind::Pattern));
    sampler(&mut page, SamplerAction::EditAllowed("(a".into()));
    let message = "The allowed pattern is no regular expression: unclosed group.";
    let failure =
        Failure { code: ErrorCode::InvalidSettings, message: message.into(), hint: None };
    let fail = |page: &mut TestPage| {
        let request = page.sent.remove(0);
        page.reply(request.id, Event::Failed(failure.clone()));
    };
    fail(&mut page);
    assert_eq!(page.state.sampler_card.problem.as_deref(), Some(message));
    assert!(page.state.error.is_none());

    // What was typed before the answer came is asked next.
    sampler(&mut page, SamplerAction::EditAllowed("(b".into()));
    sampler(&mut page, SamplerAction::EditAllowed("(b)".into()));
    fail(&mut page);
    assert_eq!(page.state.sampler_card.problem, None);
    assert_eq!(asked(&page).allowed, Some(AllowedTexts::Pattern("(b)".into())));
    page.answer();
    assert!(page.state.current().is_some());
}

#[test]
fn the_order_is_shown_in_the_pipeline() {
    let mut page = TestPage::started("hi");
    sampler(&mut page, SamplerAction::SetOrder(SamplerOrder::TemperatureLast));
    page.answer();
    let shown = tokens::pipeline(page.state.current().unwrap());
    assert_eq!(shown, "256 → temperature 0.7");
    sampler(&mut page, SamplerAction::SwitchOff);
    page.answer();
    assert_eq!(tokens::pipeline(page.state.current().unwrap()), "all 256 tokens");
}

#[test]
fn knobs_that_are_off_or_out_of_their_limits_are_kept_within_them() {
    let mut page = TestPage::ready();
    for (knob, value) in [
        (Knob::TypicalP, 0.0),
        (Knob::Repetition, 90.0),
        (Knob::Presence, -90.0),
        (Knob::Frequency, 90.0),
        (Knob::PenaltyWindow, -1.0),
    ] {
        page.act(Action::TurnKnob(knob, value));
        assert!(page.state.sampler().check().is_ok(), "{knob:?}");
    }
}

#[test]
fn an_open_tool_draws_from_the_distribution_in_view_as_knobs_are_turned() {
    let mut page = TestPage::started("hi");
    page.act(Action::ToggleTool(Tool::Draws));
    let kinds = |page: &TestPage| -> Vec<&'static str> {
        let kinds = page.commands().into_iter().map(|command| match command {
            Command::Draw { .. } => "draw",
            Command::Sweep { knob: SweptKnob::Temperature, .. } => "temperature",
            Command::Sweep { knob: SweptKnob::TopP, .. } => "top-p",
            _ => "other",
        });
        kinds.collect()
    };
    assert_eq!(kinds(&page), ["draw", "temperature", "top-p"]);
    let Command::Draw { ids, draws, .. } = page.commands()[0] else { panic!() };
    assert_eq!((ids.as_slice(), *draws), (&[104, 105][..], 1000));

    // Turned before the answers came: the newest value is asked for after them.
    page.act(Action::TurnKnob(Knob::TopK, 5.0));
    assert_eq!(kinds(&page), ["draw", "temperature", "top-p", "other"]);
    let failure = Failure { code: ErrorCode::Busy, message: "Busy.".into(), hint: None };
    for _ in 0..3 {
        let request = page.sent.remove(0);
        page.reply(request.id, Event::Failed(failure.clone()));
    }
    page.answer_next();
    assert_eq!(kinds(&page), ["draw", "temperature", "top-p"]);
    let Command::Draw { settings, .. } = page.commands()[0] else { panic!() };
    assert_eq!(settings.top_k, 5);

    // The next round has other seeds.
    page.sent.clear();
    page.state.requests.close_all(|_| true);
    page.act(Action::Draws(DrawsAction::Again));
    let Command::Draw { settings, .. } = page.commands()[0] else { panic!() };
    assert_eq!(settings.seed, 1000);
}
