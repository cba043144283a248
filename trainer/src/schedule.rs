//! The learning rates over a run: warm up, hold, cool down.

use crate::optimizer::LearningRates;

/// The share of a run until the full rates.
const WARM_UP_SHARE: f64 = 0.04;
/// The share of a run in which the rates fall.
const COOL_DOWN_SHARE: f64 = 0.6;
/// The least share of the full rates.
const MIN_RATE_SHARE: f64 = 0.02;

/// The rates when a share of the run, 0 to 1, is done.
pub fn rates(done: f64, full: LearningRates) -> LearningRates {
    let (warm, cool) = (done / WARM_UP_SHARE, (1.0 - done) / COOL_DOWN_SHARE);
    let by = warm.min(cool).clamp(MIN_RATE_SHARE, 1.0) as f32;
    LearningRates { matrices: full.matrices * by, others: full.others * by }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_stay_and_fall() {
        let full = LearningRates { matrices: 1.0, others: 1.0 };
        let at = |done| rates(done, full).matrices;
        assert_eq!(at(0.0), MIN_RATE_SHARE as f32);
        assert_eq!(at(0.02), 0.5);
        assert_eq!(at(0.1), 1.0);
        assert_eq!(at(0.39), 1.0);
        assert!((at(0.7) - 0.5).abs() < 1e-6);
        assert_eq!(at(1.0), MIN_RATE_SHARE as f32);
    }
}
