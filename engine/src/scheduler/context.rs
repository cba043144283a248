//! The arguments and the result of a job's step.

use protocol::Event;

use super::clock::Clock;
use super::prefill_budget::PrefillBudget;
use crate::session::Session;

/// The arguments of a job's step.
pub(super) struct Context<'a> {
    pub(super) session: &'a mut Session,
    /// The slot of the sequence that the job reads into.
    pub(super) slot: usize,
    pub(super) clock: Clock,
    /// How many tokens fit in a step, as the reading of texts has shown.
    pub(super) prefill_budget: PrefillBudget,
    pub(super) emit: &'a mut dyn FnMut(Event),
}

/// The result of a job's step.
#[allow(clippy::large_enum_variant, reason = "one exists at a time, for a short time")]
pub(super) enum Outcome {
    /// There is more to do.
    More,
    /// The job has ended with this terminal event.
    Done(Event),
}
