//! The scheduler: requests of many clients over one session, advanced in bounded steps,
//! so that whoever drives it can listen in between: the Web Worker to its messages, the
//! native server to its connections.

mod checks;
mod clock;
mod context;
mod engine;
mod entry;
mod generate;
mod job;
mod limits;
mod next_token;
mod prefill;
mod prefill_budget;
mod score;
mod shares;
mod step;

pub use clock::Clock;
pub use engine::Engine;
pub use limits::{Limits, Stats};
