//! What a verification says.

use protocol::Verification;

pub(crate) use crate::language::table::verification::*;

use crate::format;
use crate::language::table::{counts, numbers};
use crate::language::{localised, say};

/// How far the numbers on screen are from the second computation: the largest difference of a
/// probability with its token, the difference of the entropy in bits, and the ranks.
pub(crate) fn result(
    check: &Verification,
    difference: f64,
    token: &str,
    entropy_bits: f64,
) -> String {
    let said = say!(
        RESULT,
        points = percentage_points(difference),
        token = token,
        bits = bits(entropy_bits),
        ranks = ranks(check),
    );
    match check.same_first {
        true => said,
        // Another sentence.
        false => format!("{said} {ANOTHER_FIRST}"),
    }
}

/// What was compared with what, and what it took.
pub(crate) fn terms(check: &Verification) -> String {
    say!(
        TERMS,
        one = check.computed_by,
        other = check.checked_by,
        nats = divergence(check.divergence_nats),
        time = format::duration(check.reference_ms),
    )
}

fn percentage_points(difference: f64) -> String {
    match difference * 100.0 {
        points if points < 0.00005 => {
            say!(POINTS_BELOW, number = localised("0.0001"))
        }
        points => say!(POINTS, number = format::fixed(points, 4)),
    }
}

fn bits(difference: f64) -> String {
    match difference {
        bits if bits < 0.0005 => say!(BITS_BELOW, number = localised("0.001")),
        bits => say!(numbers::BITS, number = format::fixed(bits, 3)),
    }
}

fn ranks(check: &Verification) -> String {
    let (all, changed) = (check.candidates.len(), check.changed_ranks);
    match (all, changed) {
        (1, 0) => SAME_RANK.into(),
        (all, 0) => say!(SAME_RANKS, all = all),
        (all, changed) => {
            let places = counts::PLACES.of(check.largest_rank_shift.into());
            say!(RANKS_DIFFER, changed = changed, all = all, places = places)
        }
    }
}

fn divergence(nats: f64) -> String {
    match nats {
        nats if nats < 1e-9 => say!(NATS_BELOW, number = "1e-9"),
        nats => localised(&format!("{nats:.1e}")),
    }
}
