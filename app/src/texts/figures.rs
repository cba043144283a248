//! Sentences in pictures and files of what is on screen.

use protocol::SamplerSettings;

use crate::format;
use crate::state::{FigureKind, Heat};

/// Nothing of that kind is on screen.
pub(crate) const NOTHING: &str = "There is nothing of that kind on screen now.";
/// All texts of the visit.
pub(crate) const TREE: &str = "All texts as a tree";
/// Two sides.
pub(crate) const COMPARISON: &str = "Side by side, by falling difference";

/// What is seen, for those who do not see it, and as the legend.
pub(crate) fn description(kind: FigureKind) -> &'static str {
    match kind {
        FigureKind::Bars | FigureKind::Comparison => {
            "Outline: probability under this model, p. Solid: probability of being drawn, q."
        }
        FigureKind::Text | FigureKind::Score => {
            "The darker a token, the higher its number."
        }
        FigureKind::Tree => {
            "Each text stands under the one that it follows; a dot marks the current text."
        }
    }
}

/// What the tint of a text shows.
pub(crate) fn heat(heat: Heat) -> &'static str {
    match heat {
        Heat::Surprisal => "Surprisal of each token",
        Heat::Rank => "Rank of each token",
        Heat::Entropy => "Entropy before each token",
        Heat::Ratio => "Probability of each token against that of the best",
    }
}

/// The tokens that are not listed.
pub(crate) fn others(count: u32) -> String {
    format!("{} others", format::count(count.into()))
}

/// The other text of a comparison, with its temperature if it has its own.
pub(crate) fn other_text(text: &str, temperature: Option<f32>) -> String {
    match temperature {
        Some(temperature) => format!("{text} (temperature {temperature})"),
        None => text.to_owned(),
    }
}

/// The sampler and its seed.
pub(crate) fn sampler(settings: &SamplerSettings) -> String {
    let SamplerSettings { temperature, top_k, top_p, min_p, seed, .. } = settings;
    let mut said = format!("temperature {temperature}");
    if *top_k > 0 {
        said += &format!(", top-k {top_k}");
    }
    for (name, value, off) in [("top-p", *top_p, 1.0), ("min-p", *min_p, 0.0)] {
        if value != off {
            said += &format!(", {name} {value}");
        }
    }
    format!("{said}, seed {seed}")
}
