//! Sentences about two texts or samplers side by side.

use protocol::Divergence;

pub(crate) use crate::language::table::comparison::*;

use crate::format;
use crate::language::say;
use crate::language::table::numbers;

/// How far two distributions are apart; `p` is whether they are the model's, and not those
/// that are drawn from.
pub(crate) fn divergence(name: &str, divergence: &Divergence) -> String {
    let bits = |bits: Option<f64>| match bits {
        Some(bits) => say!(numbers::BITS, number = digits(bits)),
        None => INFINITE.into(),
    };
    say!(
        DIVERGENCE,
        name = name,
        forward = bits(divergence.first_from_second),
        backward = bits(divergence.second_from_first),
        js = bits(Some(divergence.jensen_shannon)),
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
    say!(
        ENTROPIES,
        here = format::digits(this),
        there = format::digits(other),
        before_here = format::count(positions[0].into()),
        before_there = format::count(positions[1].into()),
    )
}

/// A row as a screen reader says it.
pub(crate) fn row(token: &str, [this, other]: [Option<f32>; 2]) -> String {
    let said = |p: Option<f32>| p.map_or(NOT_LISTED.into(), format::spoken_percent);
    let row = say!(ROW, token = token, here = said(this), there = said(other));
    // Another sentence.
    if this.is_some() { format!("{row} {APPEND_TO_BOTH}") } else { row }
}

/// What was appended to both texts.
pub(crate) fn appended(text: &str) -> String {
    match text {
        "" => String::new(),
        text => say!(APPENDED, text = text),
    }
}
