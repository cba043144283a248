//! How many prompt tokens to read in one step.

/// The time that a step should take at most, so that a request to stop is heard soon.
const TARGET_MS: f64 = 60.0;
const FIRST: usize = 16;
const MOST: usize = 256;

/// The speed of reading, as measured so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    ms_per_token: Option<f64>,
}

impl Pace {
    /// How many tokens fit in a step.
    pub(super) fn tokens(&self) -> usize {
        match self.ms_per_token {
            None => FIRST,
            Some(ms) => ((TARGET_MS / ms.max(1e-3)) as usize).clamp(1, MOST),
        }
    }

    /// Takes note of a measurement. A slower one counts at once, a faster one by half.
    pub(super) fn measured(&mut self, tokens: usize, ms: f64) {
        let new = ms / tokens.max(1) as f64;
        let old = self.ms_per_token.unwrap_or(new);
        self.ms_per_token = Some(if new > old { new } else { (new + old) / 2.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_shrink_at_once_and_grow_slowly() {
        let mut pace = Pace::default();
        pace.measured(16, 16.0);
        assert_eq!(pace.tokens(), 60);
        pace.measured(60, 600.0);
        assert_eq!(pace.tokens(), 6);
        pace.measured(6, 6.0);
        assert_eq!(pace.tokens(), 10);
        pace.measured(1, 5_000.0);
        assert_eq!(pace.tokens(), 1);
    }
}
