//! Threads that work on one thing together.
//!
//! A pass through a model has some hundred steps of ten to a hundred microseconds. Waking
//! a thread takes as long as a step, so the members stay together through a whole pass
//! and meet at barriers, where they spin; between passes they sleep.

mod coordination;
mod job;
mod member;
#[expect(clippy::module_inception, reason = "it holds the type of that name")]
mod team;
#[cfg(test)]
mod tests;
mod workers;

pub use member::Member;
pub use team::Team;
