//! The sampler's sentences and labels.

use protocol::{SamplerKind, SamplerStage, Token};

pub(crate) use crate::language::table::sampler::*;

use crate::format;
use crate::language::say;
use crate::language::table::numbers;

/// The heading of the further steps, of which so many are switched on.
pub(crate) fn more(switched_on: usize) -> String {
    match switched_on {
        0 => MORE_STEPS.into(),
        on => say!(MORE_STEPS_ON, number = on),
    }
}

/// A token that is named, with what is said of it. `tokens` are its forms that the model has
/// as one token.
pub(crate) fn named(text: &str, bias: Option<f32>, tokens: &[Token]) -> String {
    let shown = match tokens {
        [] => say!(NOT_ONE_TOKEN, text = text),
        tokens => {
            let tokens = tokens.iter().map(|token| token.text.as_str());
            tokens.collect::<Vec<_>>().join(", ")
        }
    };
    match bias {
        None => format!("{shown} · {BANNED}"),
        Some(bias) if bias < 0.0 => format!("{shown} · −{}", format::shown_knob(-bias)),
        Some(bias) => format!("{shown} · +{}", format::shown_knob(bias)),
    }
}

/// The button that takes back what is said of a token.
pub(crate) fn remove(text: &str) -> String {
    say!(REMOVE, text = text)
}

/// The name of a step of the sampler.
pub(crate) fn step(kind: SamplerKind) -> &'static str {
    match kind {
        SamplerKind::Greedy => GREEDY.get(),
        SamplerKind::TopK => "top-k",
        SamplerKind::TopP => "top-p",
        SamplerKind::MinP => "min-p",
        SamplerKind::TypicalP => "typical-p",
        SamplerKind::LogitBias => BIAS.get(),
        SamplerKind::RepetitionPenalty => REPETITION_PENALTY.get(),
        SamplerKind::PresencePenalty => PRESENCE_PENALTY.get(),
        SamplerKind::FrequencyPenalty => FREQUENCY_PENALTY.get(),
        SamplerKind::Banned => BAN.get(),
        SamplerKind::Allowed => ALLOWED_TEXTS.get(),
        SamplerKind::Listed => "top-logprobs",
    }
}

/// A step with how many tokens it kept, or how many logits it changed.
pub(crate) fn stage(stage: SamplerStage) -> String {
    let name = step(stage.kind);
    match stage.kind {
        SamplerKind::LogitBias
        | SamplerKind::RepetitionPenalty
        | SamplerKind::PresencePenalty
        | SamplerKind::FrequencyPenalty => {
            say!(CHANGED, step = name, number = format::count(stage.changed.into()))
        }
        _ => format!("{name} {}", format::count(stage.kept.into())),
    }
}

/// Why a token cannot be drawn; none where that needs no saying.
pub(crate) fn cut(kind: SamplerKind) -> Option<String> {
    match kind {
        // At temperature 0, all other tokens are cut anyway.
        SamplerKind::Greedy => None,
        SamplerKind::Banned => Some(BANNED.into()),
        SamplerKind::Allowed => Some(NOT_ALLOWED.into()),
        kind => Some(say!(CUT_BY, step = step(kind))),
    }
}

/// The step of the temperature.
pub(crate) fn temperature(value: f32) -> String {
    say!(numbers::TEMPERATURE, number = format::shown_knob(value))
}

/// The value of the knob of the temperature.
pub(crate) fn temperature_value(value: f32) -> String {
    match value {
        0.0 => ZERO_IS_GREEDY.into(),
        value => format::fixed(value.into(), 1),
    }
}
