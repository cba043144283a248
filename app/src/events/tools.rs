//! The actions of the tools beneath the text, by the names of their controls.

use protocol::{GrowMode, OcclusionUnit, SamplerOrder};
use web_sys::Element;

use super::targets::{closest, number};
use crate::action::Action;
use crate::by_browser;
use crate::state::{
    AllowedKind, BranchesAction, ComparisonAction, DrawsAction, GrowKnob, GuessAction,
    Heat, InsideAction, InsideView, Landmark, Other, SamplerAction, SavedFormat,
    ScoresAction, WordsAction,
};

/// The action of a click on a control of a tool; none for an unknown one.
pub(super) fn action_of_click(name: &str, element: &Element) -> Option<Action> {
    let at = |attribute: &str| {
        number(&closest(element, &format!("[{attribute}]"))?, attribute)
    };
    let landmark = || landmark(&element.get_attribute("data-landmark")?);
    Some(match name {
        "words-watch" => Action::Words(WordsAction::Watch),
        "words-append" => Action::Words(WordsAction::Append(at("data-word")?)),
        "words-unwatch" => Action::Words(WordsAction::Unwatch(at("data-watched")?)),
        "score-typed" => Action::Scores(ScoresAction::ScoreTyped),
        "score-running" => Action::Scores(ScoresAction::ScoreRunning),
        "heat" => {
            let heat = Heat::named(&element.get_attribute("data-heat")?)?;
            Action::Scores(ScoresAction::SetHeat(heat))
        }
        "scored-token" => {
            Action::Scores(ScoresAction::SelectDrawn(at("data-token-index")?))
        }
        "worst-token" => Action::Scores(ScoresAction::Select(at("data-token")?)),
        "jump" => Action::Scores(ScoresAction::Jump(landmark()?, 1)),
        "jump-back" => Action::Scores(ScoresAction::Jump(landmark()?, -1)),
        "branch" => Action::Branches(BranchesAction::GoTo(at("data-stretch")?)),
        "fork-earlier" => Action::Branches(BranchesAction::StepFork(-1)),
        "fork-later" => Action::Branches(BranchesAction::StepFork(1)),
        "grow" => Action::Branches(BranchesAction::Grow),
        "grow-stop" => Action::Branches(BranchesAction::Stop),
        "inside-view" => Action::Inside(InsideAction::Show(view(element)?)),
        "inside-several" => Action::Inside(InsideAction::ToggleSeveral),
        "inside-first" => Action::Inside(InsideAction::ToggleFirst),
        "inside-select" => {
            Action::Inside(InsideAction::SelectHead(at("data-layer")?, at("data-head")?))
        }
        "inside-unit" => Action::Inside(InsideAction::SetUnit(unit(element)?)),
        "inside-occlude" => Action::Inside(InsideAction::Occlude),
        "inside-stop" => Action::Inside(InsideAction::Stop),
        "inside-csv" => Action::Inside(InsideAction::Save(SavedFormat::Csv)),
        "inside-svg" => Action::Inside(InsideAction::Save(SavedFormat::Svg)),
        "inside-copy" => Action::Inside(InsideAction::Save(SavedFormat::Clipboard)),
        "inside-png" => Action::Inside(InsideAction::Save(SavedFormat::Png)),
        "inside-matrix" => Action::Inside(InsideAction::ToggleMatrix),
        "inside-json" => Action::Inside(InsideAction::Save(SavedFormat::Json)),
        "inside-unfollow" => {
            Action::Inside(InsideAction::DropRival(at("data-id")? as u32))
        }
        "inside-lesson" => Action::Inside(InsideAction::Lesson),
        "compare" => Action::Compare(ComparisonAction::Compare),
        "close-side" => Action::Compare(ComparisonAction::CloseSide),
        "append-both" => Action::Compare(ComparisonAction::AppendBoth(at("data-pair")?)),
        "guess-add" => Action::Guess(GuessAction::Add(at("data-bet")?)),
        "guess-take" => Action::Guess(GuessAction::Take(at("data-bet")?)),
        "guess-reveal" => Action::Guess(GuessAction::Reveal),
        "guess-next" => Action::Guess(GuessAction::Next),
        "guess-over" => Action::Guess(GuessAction::StartOver),
        "draw-again" => Action::Draws(DrawsAction::Again),
        "ban-token" => Action::Sampler(SamplerAction::Ban),
        "bias-token" => Action::Sampler(SamplerAction::AddBias),
        "unname-token" => Action::Sampler(SamplerAction::Remove(at("data-named")?)),
        "sampler-off" => Action::Sampler(SamplerAction::SwitchOff),
        _ => return None,
    })
}

/// The action of an edit of a field of a tool; none for an unknown one, or one whose text is
/// not a number yet.
pub(super) fn action_of_edit(field: &str, value: String) -> Option<Action> {
    let grow = |knob, value: &str| {
        Some(Action::Branches(BranchesAction::Set(knob, by_browser::number(value)?)))
    };
    match field {
        "words-query" => Some(Action::Words(WordsAction::Edit(value))),
        "scores-text" => Some(Action::Scores(ScoresAction::Edit(value))),
        "scores-at" => Some(Action::Scores(ScoresAction::Select(value.parse().ok()?))),
        "grow-depth" => grow(GrowKnob::Depth, &value),
        "grow-width" => grow(GrowKnob::Width, &value),
        "grow-mass" => grow(GrowKnob::Mass, &value),
        "grow-least" => grow(GrowKnob::MinProbability, &value),
        "grow-mode" => {
            let mode = if value == "beam" { GrowMode::Beam } else { GrowMode::Tree };
            Some(Action::Branches(BranchesAction::SetMode(mode)))
        }
        "draw-count" => Some(Action::Draws(DrawsAction::SetCount(value.parse().ok()?))),
        "sampler-order" => {
            let last = value == "last";
            let order = match last {
                true => SamplerOrder::TemperatureLast,
                false => SamplerOrder::TemperatureFirst,
            };
            Some(Action::Sampler(SamplerAction::SetOrder(order)))
        }
        "named-token" => Some(Action::Sampler(SamplerAction::EditToken(value))),
        "named-bias" => {
            Some(Action::Sampler(SamplerAction::SetBias(by_browser::number(&value)?)))
        }
        "allowed-kind" => {
            let kind = match value.as_str() {
                "list" => AllowedKind::List,
                "pattern" => AllowedKind::Pattern,
                _ => AllowedKind::Anything,
            };
            Some(Action::Sampler(SamplerAction::SetAllowed(kind)))
        }
        "allowed-text" => Some(Action::Sampler(SamplerAction::EditAllowed(value))),
        "inside-layer" => {
            Some(Action::Inside(InsideAction::SetLayer(value.parse().ok()?)))
        }
        "inside-rival" => {
            Some(Action::Inside(InsideAction::AddRival(value.parse().ok())))
        }
        "inside-head" => Some(Action::Inside(InsideAction::SetHead(value.parse().ok()?))),
        "compared-with" => {
            Some(Action::Compare(ComparisonAction::SetOther(Other::named(&value)?)))
        }
        "compared-model" => Some(Action::Compare(ComparisonAction::EditModel(value))),
        "compared-text" => Some(Action::Compare(ComparisonAction::Edit(value))),
        "other-temperature" => Some(Action::Compare(ComparisonAction::SetTemperature(
            by_browser::number(&value),
        ))),
        "other-top-p" => {
            Some(Action::Compare(ComparisonAction::SetTopP(by_browser::number(&value))))
        }
        _ => None,
    }
}

fn view(element: &Element) -> Option<InsideView> {
    let name = element.get_attribute("data-view")?;
    InsideView::ALL.into_iter().find(|view| view.name() == name)
}

fn unit(element: &Element) -> Option<OcclusionUnit> {
    Some(match element.get_attribute("data-unit")?.as_str() {
        "token" => OcclusionUnit::Token,
        "word" => OcclusionUnit::Word,
        "sentence" => OcclusionUnit::Sentence,
        _ => return None,
    })
}

fn landmark(name: &str) -> Option<Landmark> {
    Some(match name {
        "uncertain" => Landmark::Uncertain,
        "surprising" => Landmark::Surprising,
        "fork" => Landmark::Fork,
        _ => return None,
    })
}
