//! Sentences about the branches of the text.

pub(crate) use crate::language::table::branches::*;

use crate::format;
use crate::language::say;
use crate::language::table::counts;
use crate::state::CameTo;

/// Another way was taken at a fork; `way` counts from 0.
pub(crate) fn way(way: usize, ways: usize) -> String {
    say!(WAY, way = way + 1, ways = ways)
}

/// Which way was taken at a fork, for the eye; `way` counts from 0.
pub(crate) fn way_shown(way: usize, ways: usize) -> String {
    say!(WAY_SHOWN, way = way + 1, ways = ways)
}

/// How much has grown.
pub(crate) fn grown(nodes: u32, limited: bool) -> String {
    let tokens = counts::TOKENS.of(nodes.into());
    match limited {
        true => say!(GROWN_TO_THE_MOST, tokens = tokens),
        false => say!(GROWN, tokens = tokens),
    }
}

/// What a growth came to.
pub(crate) fn came_to(growth: &CameTo) -> String {
    match growth {
        CameTo::Nothing => String::new(),
        CameTo::Grown { nodes, limited } => grown(*nodes, *limited),
        CameTo::Failed(reason) => reason.clone(),
    }
}

/// Some stretches are not drawn.
pub(crate) fn left_out(count: usize) -> String {
    say!(LEFT_OUT, number = format::count(count as u64))
}

/// A stretch as a screen reader says it.
pub(crate) fn stretch(text: &str, current: bool, numbers: &str) -> String {
    match current {
        true => say!(CURRENT_STRETCH, text = text, numbers = numbers),
        false => say!(STRETCH, text = text, numbers = numbers),
    }
}

/// The probability of a stretch's first token, and ln of that of the whole text.
pub(crate) fn numbers(p: Option<f32>, log_probability: Option<f64>) -> String {
    let p = p.map(|p| format!("p {}", format::percent(p)));
    let log_p = log_probability.map(|log_p| format!("Σ ln p {}", format::digits(log_p)));
    let parts: Vec<String> = p.into_iter().chain(log_p).collect();
    parts.join(" · ")
}
