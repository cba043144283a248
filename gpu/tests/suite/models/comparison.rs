//! How far what a plan gives is from the decoder for processors.

use std::fmt;

use gpu::Variant;

use super::runner::Runner;
use crate::device::Gpu;

/// The largest difference of a logit that passes: the decoder for processors rounds activations
/// to 16 bits, and a cache may have f16.
const LOGIT_TOLERANCE: f32 = 3e-2;

pub(super) fn highest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
}

/// Σ p ln(p / q) in nats, where p and q follow from logits.
pub(super) fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let logs = |logits: &[f32]| -> Vec<f64> {
        let top = f64::from(logits[highest(logits)]);
        let sum: f64 = logits.iter().map(|x| (f64::from(*x) - top).exp()).sum();
        logits.iter().map(|x| f64::from(*x) - top - sum.ln()).collect()
    };
    logs(p).into_iter().zip(logs(q)).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// How far a plan is from the other decoder at worst.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worst {
    /// In nats.
    divergence: f64,
    /// Of a logit.
    logit: f32,
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1e} nats, a logit by {:.1e}", self.divergence, self.logit)
    }
}

/// What a device's kernels may use beyond the core, one after the other and together.
pub(super) fn variants(gpu: &Gpu) -> Vec<Variant> {
    let both = [false, true];
    let all = both
        .into_iter()
        .flat_map(|subgroups| both.map(|integers| Variant { subgroups, integers }));
    all.filter(|variant| *variant != Variant::CORE)
        .filter(|variant| !variant.subgroups || gpu.has_subgroups)
        .collect()
}

/// Holds what a plan gives for some ids against the other decoder: read at once and token by
/// token.
pub(super) fn compare(
    expected: &[Vec<f32>],
    runner: &mut Runner<'_>,
    ids: &[u32],
    at_once: usize,
) -> Worst {
    let answer = runner.read(&ids[..at_once]);
    let (mut logits, mut fronts) = (answer.logits, answer.fronts);
    assert!(answer.states.iter().all(|state| state.is_finite()));
    for id in &ids[at_once..] {
        let answer = runner.read(&[*id]);
        logits.extend(answer.logits);
        fronts.extend(answer.fronts);
    }
    assert_eq!((logits.len(), runner.cached), (ids.len(), ids.len()));
    let mut worst = Worst::default();
    for (position, (logits, expected)) in logits.iter().zip(expected).enumerate() {
        let off = divergence(expected, logits);
        // Not `>`, which NaN would pass.
        assert!(off <= 1e-3, "position {position}: {off} nats");
        worst.divergence = worst.divergence.max(off);
        for (logit, expected) in logits.iter().zip(expected) {
            let off = (logit - expected).abs();
            // Random weights make nearly even distributions, whose divergence tells little.
            assert!(off <= LOGIT_TOLERANCE, "position {position}: off by {off}");
            worst.logit = worst.logit.max(off);
        }
        let (own, other) = (highest(logits), highest(expected));
        let near = (expected[own] - expected[other]).abs() < 1e-2;
        assert!(own == other || near, "position {position}: {own} instead of {other}");
        let front = fronts[position].as_ref().unwrap();
        assert_eq!(front.ranked[0].id as usize, own);
        assert_eq!(front.highest, logits[own]);
    }
    worst
}
