//! The time.

/// Where the engine has the time from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Milliseconds since any fixed moment; never goes back.
    pub monotonic_ms: fn() -> f64,
    /// Seconds since 1970-01-01 00:00 UTC, for templates that tell the date.
    pub unix_seconds: fn() -> i64,
}
