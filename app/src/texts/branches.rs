//! Sentences about the branches of the text.

use crate::format;

/// The text is not read yet.
pub(crate) const NOT_READ: &str =
    "Branches grow from a text with a distribution: press Start first.";
/// There is no text yet.
pub(crate) const EMPTY: &str = "Every text of this visit stays here: step back, choose another token, and both ways are kept.";

/// Another way was taken at a fork; `way` counts from 0.
pub(crate) fn way(way: usize, ways: usize) -> String {
    format!("Way {} of {ways}.", way + 1)
}

/// Which way was taken at a fork, for the eye; `way` counts from 0.
pub(crate) fn way_shown(way: usize, ways: usize) -> String {
    format!("{} of {ways}", way + 1)
}

/// How much has grown.
pub(crate) fn grown(nodes: u32, limited: bool) -> String {
    let nodes = format::counted(nodes.into(), "token");
    match limited {
        true => format!("{nodes} grown, which is the most at once."),
        false => format!("{nodes} grown."),
    }
}

/// Some stretches are not drawn.
pub(crate) fn left_out(count: usize) -> String {
    format!("{} more not shown.", format::count(count as u64))
}

/// A stretch as a screen reader says it.
pub(crate) fn stretch(text: &str, current: bool, numbers: &str) -> String {
    let current = if current { ", in the text" } else { "" };
    format!("{text}{current}. {numbers}")
}

/// The probability of a stretch's first token, and ln of that of the whole text.
pub(crate) fn numbers(p: Option<f32>, log_probability: Option<f64>) -> String {
    let p = p.map(|p| format!("p {}", format::percent(p)));
    let log_p = log_probability.map(|log_p| format!("Σ ln p {}", format::digits(log_p)));
    let parts: Vec<String> = p.into_iter().chain(log_p).collect();
    parts.join(" · ")
}
