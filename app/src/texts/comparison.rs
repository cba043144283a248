//! Sentences about two texts or samplers side by side.

use protocol::{Divergence, TextComparison};

use crate::format;

/// Nothing was compared yet.
pub(crate) const HINT: &str =
    "Compare the running text with another prompt, another temperature, or both.";
/// The text is not read yet.
pub(crate) const NO_TEXT: &str = "Press Start first: the running text is one side.";
/// The numbers are on their way.
pub(crate) const COMPUTING: &str = "Comparing…";

/// How far two distributions are apart; `p` is whether they are the model's, and not those
/// that are drawn from.
pub(crate) fn divergence(name: &str, divergence: &Divergence) -> String {
    let bits = |bits: Option<f64>| match bits {
        Some(bits) => format!("{} bits", digits(bits)),
        None => "infinite".into(),
    };
    format!(
        "{name}: KL(this ‖ other) {}, KL(other ‖ this) {}, JS {} bits",
        bits(divergence.first_from_second),
        bits(divergence.second_from_first),
        digits(divergence.jensen_shannon),
    )
}

fn digits(bits: f64) -> String {
    match bits {
        bits if bits < 1e-6 => "0".into(),
        bits => format::digits(bits),
    }
}

/// The entropies of both.
pub(crate) fn entropies(comparison: &TextComparison) -> String {
    let [this, other] = comparison.entropy_bits;
    format!(
        "entropy {} and {} bits · {} and {} tokens before",
        format::digits(this),
        format::digits(other),
        format::count(comparison.positions[0].into()),
        format::count(comparison.positions[1].into()),
    )
}

/// A row as a screen reader says it.
pub(crate) fn row(token: &str, this: f32, other: f32) -> String {
    format!(
        "{token}: {} here, {} there. Append to both",
        format::spoken_percent(this),
        format::spoken_percent(other)
    )
}

/// What was appended to both texts.
pub(crate) fn appended(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("Appended to both: {text}"),
    }
}
