//! The scheduler: requests of many clients to one session. It advances them in bounded
//! steps, so that its caller can handle messages in between: the Web Worker its page's,
//! the native server its connections'.

mod accept;
mod branches;
mod checks;
mod clock;
mod compare;
mod context;
mod elsewhere;
mod engine;
mod entry;
mod generate;
mod grow;
mod inspect;
mod job;
mod limits;
mod look_up;
mod next_token;
mod paths;
mod prefill;
mod prefill_budget;
mod score;
mod shares;
mod step;
mod token_source;
mod verify;
mod whole;

pub use clock::Clock;
pub use engine::Engine;
pub use limits::{Limits, Stats};
