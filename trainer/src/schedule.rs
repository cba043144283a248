//! How fast is learned when: warm up, hold, cool down.

use crate::optimizer::Rates;

/// Steps until full speed.
const WARM_UP: usize = 60;
/// The share of a stage in which it slows down.
const COOL_DOWN: f64 = 0.6;
/// What is left of the speed in the end.
const LEAST: f64 = 0.02;

/// The rates of a step, of `steps`, where `full` is full speed.
pub fn rates(step: usize, steps: usize, full: Rates) -> Rates {
    let warm = ((step + 1) as f64 / WARM_UP as f64).min(1.0);
    let left = (steps - step.min(steps)) as f64 / steps as f64;
    let cool = (left / COOL_DOWN).clamp(LEAST, 1.0);
    let by = warm.min(cool);
    Rates { matrices: full.matrices * by, others: full.others * by }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_rises_stays_and_falls() {
        let full = Rates { matrices: 1.0, others: 1.0 };
        let at = |step| rates(step, 1000, full).matrices;
        assert!(at(0) < 0.02);
        assert_eq!(at(100), 1.0);
        assert_eq!(at(399), 1.0);
        assert_eq!(at(700), 0.5);
        assert_eq!(at(999), LEAST);
    }
}
