//! The sentences of the draws and sweeps.

use protocol::{ChiSquare, Draws};

pub(crate) use crate::language::table::draws::*;

use crate::format;
use crate::language::table::counts;
use crate::language::{localised, say};

/// What was drawn in all.
pub(crate) fn summary(drawn: &Draws) -> String {
    let draws = format::count(drawn.draws.into());
    let tokens = counts::TOKENS.of(drawn.distinct.into());
    let gave = say!(GAVE, draws = draws, tokens = tokens);
    match drawn.chi_square {
        None => gave,
        // Two sentences.
        Some(test) => format!("{gave} {}", verdict(test)),
    }
}

/// Whether counts are those of q, as a sentence.
fn verdict(test: ChiSquare) -> String {
    let ChiSquare { statistic, degrees_of_freedom, p_value } = test;
    say!(
        VERDICT,
        statistic = format::digits(statistic),
        degrees = degrees_of_freedom,
        percent = format::percent(p_value as f32),
    )
}

/// How often a token can be expected.
pub(crate) fn expected(q: f32, draws: u32) -> String {
    format::digits(f64::from(q) * f64::from(draws))
}

/// A share of what is drawn from, in little room.
pub(crate) fn share(q: f32) -> String {
    match q {
        q if q > 0.0 && q < 0.0001 => {
            format!("<{}", format::shown_percent(&localised("0.01")))
        }
        q => format::percent(q),
    }
}

/// How many tokens are left at a value of a knob.
pub(crate) fn left(kept: u32) -> String {
    say!(LEFT, number = format::count(kept.into()))
}
