//! How fast is learned when: warm up, hold, cool down.

use crate::optimizer::Rates;

/// The share of a run until full speed.
const WARM_UP: f64 = 0.04;
/// The share of a run in which it slows down.
const COOL_DOWN: f64 = 0.6;
/// The least speed.
const LEAST: f64 = 0.02;

/// The rates when a share of the run, 0 to 1, is done; `full` is full speed.
pub fn rates(done: f64, full: Rates) -> Rates {
    let (warm, cool) = (done / WARM_UP, (1.0 - done) / COOL_DOWN);
    let by = warm.min(cool).clamp(LEAST, 1.0) as f32;
    Rates { matrices: full.matrices * by, others: full.others * by }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_rises_stays_and_falls() {
        let full = Rates { matrices: 1.0, others: 1.0 };
        let at = |done| rates(done, full).matrices;
        assert_eq!(at(0.0), LEAST as f32);
        assert_eq!(at(0.02), 0.5);
        assert_eq!(at(0.1), 1.0);
        assert_eq!(at(0.39), 1.0);
        assert!((at(0.7) - 0.5).abs() < 1e-6);
        assert_eq!(at(1.0), LEAST as f32);
    }
}
