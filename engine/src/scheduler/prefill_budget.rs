//! The number of prompt tokens that are read in one step.

/// The longest time that a step should take, so that a request can be cancelled soon.
const TARGET_MS: f64 = 60.0;
/// The most tokens in a step, however fast the machine is.
const MAX_TOKENS: usize = 256;

/// Operations per millisecond of a slow machine, for the first step, before anything was
/// measured. A token takes two operations per weight.
const OPERATIONS_PER_MS: f64 = 4e6;

/// The measured speed of reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PrefillBudget {
    ms_per_token: f64,
    measured: bool,
}

impl PrefillBudget {
    /// A budget for a model of `parameters` weights.
    pub(super) fn new(parameters: u64) -> PrefillBudget {
        PrefillBudget {
            ms_per_token: 2.0 * parameters as f64 / OPERATIONS_PER_MS,
            measured: false,
        }
    }

    /// The number of tokens that fit in a step.
    pub(super) fn tokens(&self) -> usize {
        ((TARGET_MS / self.ms_per_token.max(1e-3)) as usize).clamp(1, MAX_TOKENS)
    }

    /// Records a measurement. The first one and slower ones replace the estimate, faster
    /// ones are averaged with it.
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
