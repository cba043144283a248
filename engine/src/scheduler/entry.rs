//! Waiting and active requests.

use protocol::{Event, FinishReason, Reply, RequestId};

use super::job::Job;

/// A request of a client.
#[derive(Debug)]
pub(super) struct Entry<C> {
    pub(super) client: C,
    pub(super) id: RequestId,
    pub(super) job: Job,
}

/// A request that is being processed, with the slot of its sequence.
#[derive(Debug)]
pub(super) struct Active<C> {
    pub(super) entry: Entry<C>,
    pub(super) slot: usize,
    /// Since when it was last seen to wait for an engine elsewhere, in milliseconds of the
    /// clock.
    pub(super) awaiting: Option<f64>,
}

impl<C> Entry<C> {
    /// Ends the request as cancelled.
    pub(super) fn cancel(self, emit: &mut dyn FnMut(&C, Reply)) {
        let reason = FinishReason::Cancelled;
        let event = Event::Finished { reason, timings: self.job.timings() };
        emit(&self.client, Reply { id: self.id, event });
    }
}
