//! How long to wait after a fault.

/// Waits that double up to a bound, each at random between half and all of that, so that
/// many who were cut off at once do not come back at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The first wait, in milliseconds.
    pub first_ms: f64,
    /// The longest wait of one's own choice, in milliseconds.
    pub longest_ms: f64,
    /// So many faults without any progress between them are too many.
    pub attempts: u32,
    /// The longest wait that a server may ask for, in seconds; past it, the person is
    /// told instead.
    pub patience_s: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first_ms: 500.0, longest_ms: 30_000.0, attempts: 6, patience_s: 120 }
    }
}

impl Backoff {
    /// The wait after the fault number `failures` (from 1) in a row; `random` is 0 to 1,
    /// `retry_after` what the server asks for, in seconds.
    pub fn wait_ms(&self, failures: u32, random: f64, retry_after: Option<u64>) -> f64 {
        let doublings = failures.saturating_sub(1).min(16);
        let most = (self.first_ms * f64::from(1 << doublings)).min(self.longest_ms);
        let own = most * (0.5 + 0.5 * random.clamp(0.0, 1.0));
        own.max(retry_after.map_or(0.0, |seconds| seconds as f64 * 1000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_never_undercut_the_server() {
        let backoff = Backoff::default();
        assert_eq!(backoff.wait_ms(1, 1.0, None), 500.0);
        assert_eq!(backoff.wait_ms(1, 0.0, None), 250.0);
        assert_eq!(backoff.wait_ms(3, 1.0, None), 2000.0);
        assert_eq!(backoff.wait_ms(u32::MAX, 1.0, None), 30_000.0);
        assert_eq!(backoff.wait_ms(1, 0.5, Some(7)), 7000.0);
    }
}
