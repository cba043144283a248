//! The sentences of the draws and sweeps.

use protocol::{ChiSquare, Draws};

use crate::format;

/// There is no distribution to draw from.
pub(crate) const NO_DISTRIBUTION: &str =
    "Press Start: then the next token can be drawn many times.";
/// The engine draws.
pub(crate) const DRAWING: &str = "Drawing…";
/// The sampler has cut every token.
pub(crate) const NOTHING: &str = "Nothing can be drawn: the sampler cuts every token.";
/// The row of all tokens that are not listed.
pub(crate) const OTHERS: &str = "all others";

/// What was drawn in all.
pub(crate) fn summary(drawn: &Draws) -> String {
    let draws = format::count(drawn.draws.into());
    let distinct = format::counted(drawn.distinct.into(), "token");
    match drawn.chi_square {
        None => format!("{draws} draws gave {distinct}."),
        Some(test) => {
            format!("{draws} draws gave {distinct}. {}", verdict(test))
        }
    }
}

/// Whether counts are those of q, as a sentence.
fn verdict(test: ChiSquare) -> String {
    let ChiSquare { statistic, degrees_of_freedom, p_value } = test;
    let percent = format::percent(p_value as f32);
    format!(
        "χ² {} with {degrees_of_freedom} degrees of freedom: {percent} of such draws are \
         at least so far from q.",
        format::digits(statistic)
    )
}

/// How often a token can be expected.
pub(crate) fn expected(q: f32, draws: u32) -> String {
    format::digits(f64::from(q) * f64::from(draws))
}

/// A share of what is drawn from, in little room.
pub(crate) fn share(q: f32) -> String {
    match q {
        q if q > 0.0 && q < 0.0001 => "<0.01%".into(),
        q => format::percent(q),
    }
}

/// How many tokens are left at a value of a knob.
pub(crate) fn left(kept: u32) -> String {
    format!("{} left", format::count(kept.into()))
}
