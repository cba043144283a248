//! What a job works with, and what a step of it comes to.

use protocol::Event;

use super::clock::Clock;
use crate::session::Session;

/// What a job works with.
pub(super) struct Context<'a> {
    pub(super) session: &'a mut Session,
    /// The sequence that it reads into.
    pub(super) slot: usize,
    pub(super) clock: Clock,
    pub(super) emit: &'a mut dyn FnMut(Event),
}

/// What a step came to.
#[allow(clippy::large_enum_variant, reason = "one exists at a time, and briefly")]
pub(super) enum Outcome {
    /// There is more to do.
    More,
    /// The job's terminal event.
    Done(Event),
}
