//! The scheduler: requests of many clients to one session. It advances them in bounded
//! steps, so that its caller can handle messages in between: the Web Worker its page's,
//! the native server its connections'.

mod checks;
mod clock;
mod context;
mod engine;
mod entry;
mod generate;
mod inspect;
mod job;
mod limits;
mod next_token;
mod prefill;
mod prefill_budget;
mod score;
mod shares;
mod step;
mod verify;

pub use clock::Clock;
pub use engine::Engine;
pub use limits::{Limits, Stats};
