//! A request with its client.

use protocol::{Event, FinishReason, Reply, RequestId};

use super::job::Job;

/// A request that waits or is worked on.
#[derive(Debug)]
pub(super) struct Entry<C> {
    pub(super) client: C,
    pub(super) id: RequestId,
    pub(super) job: Job,
}

/// A request with the sequence that it reads into.
#[derive(Debug)]
pub(super) struct Active<C> {
    pub(super) entry: Entry<C>,
    pub(super) slot: usize,
}

impl<C> Entry<C> {
    /// Ends it as cancelled.
    pub(super) fn cancel(self, emit: &mut dyn FnMut(&C, Reply)) {
        let reason = FinishReason::Cancelled;
        let event = Event::Finished { reason, timings: self.job.timings() };
        emit(&self.client, Reply { id: self.id, event });
    }
}
