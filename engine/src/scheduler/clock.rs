//! The clock of the engine.

/// The functions from which the engine gets the time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Milliseconds since any fixed moment; never goes back.
    pub monotonic_ms: fn() -> f64,
    /// Seconds since 1970-01-01 00:00 UTC, for chat templates with a date.
    pub unix_seconds: fn() -> i64,
}
