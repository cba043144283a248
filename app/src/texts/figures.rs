//! Sentences in pictures and files of what is on screen.

pub(crate) use crate::language::table::figures::*;

use crate::state::{FigureKind, Heat};

/// What is seen, for those who do not see it, and as the legend.
pub(crate) fn description(kind: FigureKind) -> &'static str {
    match kind {
        FigureKind::Bars | FigureKind::Comparison => OUTLINED.get(),
        FigureKind::Text | FigureKind::Score => DARKER.get(),
        FigureKind::Tree => UNDER.get(),
        FigureKind::Vocabulary => "",
    }
}

/// What the tint of a text shows.
pub(crate) fn heat(heat: Heat) -> &'static str {
    match heat {
        Heat::Surprisal => SURPRISAL.get(),
        Heat::Rank => RANK.get(),
        Heat::Entropy => ENTROPY.get(),
        Heat::Ratio => RATIO.get(),
    }
}

/// The other text of a comparison, with its temperature if it has its own.
pub(crate) fn other_text(text: &str, temperature: Option<f32>) -> String {
    match temperature {
        Some(temperature) => {
            format!("{text} ({})", crate::texts::sampler::temperature(temperature))
        }
        None => text.to_owned(),
    }
}
