//! Sentences about two texts or samplers side by side.

use protocol::Divergence;

use crate::format;

/// Nothing was compared yet.
pub(crate) const HINT: &str =
    "Compare the running text with another prompt or temperature, or with another model.";
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
pub(crate) fn entropies([this, other]: [f64; 2], positions: [u32; 2]) -> String {
    format!(
        "entropy {} and {} bits · {} and {} tokens before",
        format::digits(this),
        format::digits(other),
        format::count(positions[0].into()),
        format::count(positions[1].into()),
    )
}

/// A row as a screen reader says it.
pub(crate) fn row(token: &str, [this, other]: [Option<f32>; 2]) -> String {
    let said = |p: Option<f32>| p.map_or("not listed".into(), format::spoken_percent);
    let append = if this.is_some() { " Append to both" } else { "" };
    format!("{token}: {} here, {} there.{append}", said(this), said(other))
}

/// What was appended to both texts.
pub(crate) fn appended(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("Appended to both: {text}"),
    }
}
