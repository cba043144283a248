//! How many prompt tokens to read in one step.

/// The time that a step should take at most, so that a request to stop is heard soon.
const TARGET_MS: f64 = 60.0;
const MAX_TOKENS: usize = 256;

/// What a slow machine does in a millisecond, for the first step, before anything has
/// been measured: two operations per weight and token.
const OPERATIONS_PER_MS: f64 = 4e6;

/// The speed of reading, as measured so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PrefillBudget {
    ms_per_token: f64,
    measured: bool,
}

impl PrefillBudget {
    /// For a model of so many weights.
    pub(super) fn new(parameters: u64) -> PrefillBudget {
        PrefillBudget {
            ms_per_token: 2.0 * parameters as f64 / OPERATIONS_PER_MS,
            measured: false,
        }
    }

    /// How many tokens fit in a step.
    pub(super) fn tokens(&self) -> usize {
        ((TARGET_MS / self.ms_per_token.max(1e-3)) as usize).clamp(1, MAX_TOKENS)
    }

    /// Takes note of a measurement. A slower one counts at once, a faster one by half.
    pub(super) fn record(&mut self, tokens: usize, ms: f64) {
        let (new, old) = (ms / tokens.max(1) as f64, self.ms_per_token);
        let at_once = new > old || !self.measured;
        self.ms_per_token = if at_once { new } else { (new + old) / 2.0 };
        self.measured = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_of_a_large_model_is_a_single_token() {
        assert_eq!(PrefillBudget::new(360_000_000).tokens(), 1);
        assert_eq!(PrefillBudget::new(100_000).tokens(), MAX_TOKENS);
    }

    #[test]
    fn steps_shrink_at_once_and_grow_slowly() {
        let mut budget = PrefillBudget::new(5_000_000);
        assert_eq!(budget.tokens(), 24);
        budget.record(16, 16.0);
        assert_eq!(budget.tokens(), 60);
        budget.record(60, 600.0);
        assert_eq!(budget.tokens(), 6);
        budget.record(6, 6.0);
        assert_eq!(budget.tokens(), 10);
        budget.record(1, 5_000.0);
        assert_eq!(budget.tokens(), 1);
    }
}
