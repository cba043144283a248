//! The sampler's sentences and labels.

use protocol::{SamplerKind, SamplerStage, Token};

use crate::format;

/// All further steps were switched off.
pub(crate) const SWITCHED_OFF: &str = "The further steps are off.";
/// There is no text of a token.
pub(crate) const NO_TOKEN: &str = "Type the text of a token first.";
/// No further token can be named.
pub(crate) const TOO_MANY_TOKENS: &str =
    "No more tokens can be named. Remove one of the others first.";

/// The heading of the further steps, of which so many are switched on.
pub(crate) fn more(switched_on: usize) -> String {
    match switched_on {
        0 => "More steps".into(),
        on => format!("More steps ({on} on)"),
    }
}

/// A token that is named, with what is said of it. `tokens` are its forms that the model has
/// as one token.
pub(crate) fn named(text: &str, bias: Option<f32>, tokens: &[Token]) -> String {
    let shown = match tokens {
        [] => format!("“{text}”: not a single token here"),
        tokens => {
            let tokens = tokens.iter().map(|token| token.text.as_str());
            tokens.collect::<Vec<_>>().join(", ")
        }
    };
    match bias {
        None => format!("{shown} · banned"),
        Some(bias) if bias < 0.0 => format!("{shown} · −{}", format::knob(-bias)),
        Some(bias) => format!("{shown} · +{}", format::knob(bias)),
    }
}

/// The button that takes back what is said of a token.
pub(crate) fn remove(text: &str) -> String {
    format!("Remove “{text}”")
}

/// The name of a step of the sampler.
pub(crate) fn step(kind: SamplerKind) -> &'static str {
    match kind {
        SamplerKind::Greedy => "greedy",
        SamplerKind::TopK => "top-k",
        SamplerKind::TopP => "top-p",
        SamplerKind::MinP => "min-p",
        SamplerKind::TypicalP => "typical-p",
        SamplerKind::LogitBias => "bias",
        SamplerKind::RepetitionPenalty => "repetition penalty",
        SamplerKind::PresencePenalty => "presence penalty",
        SamplerKind::FrequencyPenalty => "frequency penalty",
        SamplerKind::Banned => "ban",
        SamplerKind::Allowed => "allowed texts",
        SamplerKind::Listed => "listed",
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
            let changed = format::count(stage.changed.into());
            format!("{name} changed {changed}")
        }
        _ => format!("{name} {}", format::count(stage.kept.into())),
    }
}

/// Why a token cannot be drawn; none where that needs no saying.
pub(crate) fn cut(kind: SamplerKind) -> Option<String> {
    match kind {
        // At temperature 0, all other tokens are cut anyway.
        SamplerKind::Greedy => None,
        SamplerKind::Banned => Some("banned".into()),
        SamplerKind::Allowed => Some("not allowed".into()),
        kind => Some(format!("cut by {}", step(kind))),
    }
}

/// The step of the temperature.
pub(crate) fn temperature(value: f32) -> String {
    format!("temperature {}", format::knob(value))
}
