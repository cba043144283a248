//! What a verification says.

use protocol::Verification;

use crate::format;

/// There is no distribution in view that can be verified.
pub(crate) const NOTHING: &str = "There are no numbers to verify now.";
/// A verification has begun.
pub(crate) const STARTED: &str = "Verifying.";

/// How far the numbers on screen are from the second computation: the largest difference of a
/// probability with its token, the difference of the entropy in bits, and the ranks.
pub(crate) fn result(
    check: &Verification,
    difference: f64,
    token: &str,
    entropy_bits: f64,
) -> String {
    let (points, bits) = (percentage_points(difference), bits(entropy_bits));
    let ranks = ranks(check);
    let said = format!(
        "Checked with candle in f32: largest difference {points} ({token}), entropy {bits} \
         apart, {ranks}."
    );
    match check.same_first {
        true => said,
        // Another sentence.
        false => format!("{said} The most probable token is another."),
    }
}

/// What was compared with what, and what it took.
pub(crate) fn terms(check: &Verification) -> String {
    format!(
        "{} · against {} · divergence {} nats · {}",
        check.computed_by,
        check.checked_by,
        divergence(check.divergence_nats),
        format::duration(check.reference_ms)
    )
}

fn percentage_points(difference: f64) -> String {
    match difference * 100.0 {
        points if points < 0.00005 => "below 0.0001 percentage points".into(),
        points => format!("{points:.4} percentage points"),
    }
}

fn bits(difference: f64) -> String {
    match difference {
        bits if bits < 0.0005 => "below 0.001 bits".into(),
        bits => format!("{bits:.3} bits"),
    }
}

fn ranks(check: &Verification) -> String {
    let (all, changed) = (check.candidates.len(), check.changed_ranks);
    match (all, changed) {
        (1, 0) => "the rank the same".into(),
        (all, 0) => format!("all {all} ranks the same"),
        (all, changed) => {
            let places = format::counted(check.largest_rank_shift.into(), "place");
            format!("{changed} of {all} ranks differ, by {places} at most")
        }
    }
}

fn divergence(nats: f64) -> String {
    match nats {
        nats if nats < 1e-9 => "below 1e-9".into(),
        nats => format!("{nats:.1e}"),
    }
}
