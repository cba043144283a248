//! The actions of the tools beneath the text, by the names of their controls.

use protocol::{GrowMode, SamplerOrder};
use web_sys::Element;

use super::targets::{closest, number};
use crate::action::Action;
use crate::state::{
    AllowedKind, BranchesAction, ComparisonAction, DrawsAction, GrowKnob, Heat, Landmark,
    SamplerAction, ScoresAction, WordsAction,
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
            let heat = heat(&element.get_attribute("data-heat")?)?;
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
        "compare" => Action::Compare(ComparisonAction::Compare),
        "append-both" => Action::Compare(ComparisonAction::AppendBoth(at("data-pair")?)),
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
        Some(Action::Branches(BranchesAction::Set(knob, value.parse().ok()?)))
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
            Some(Action::Sampler(SamplerAction::SetBias(value.parse().ok()?)))
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
        "other-text" => Some(Action::Compare(ComparisonAction::Edit(value))),
        "other-temperature" => {
            Some(Action::Compare(ComparisonAction::SetTemperature(value.parse().ok())))
        }
        "other-top-p" => {
            Some(Action::Compare(ComparisonAction::SetTopP(value.parse().ok())))
        }
        _ => None,
    }
}

fn heat(name: &str) -> Option<Heat> {
    Some(match name {
        "surprisal" => Heat::Surprisal,
        "rank" => Heat::Rank,
        "entropy" => Heat::Entropy,
        "ratio" => Heat::Ratio,
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
