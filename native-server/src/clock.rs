//! The clock of the engine.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use engine::Clock;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Milliseconds since this was first asked.
pub(crate) fn monotonic_ms() -> f64 {
    START.elapsed().as_secs_f64() * 1000.0
}

/// The clock of this machine.
pub(crate) fn system_clock() -> Clock {
    Clock {
        monotonic_ms,
        unix_seconds: || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| since.as_secs().cast_signed())
        },
    }
}
