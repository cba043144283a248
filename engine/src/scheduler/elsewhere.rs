//! Texts that another device reads for active requests.

use protocol::{Event, Reply};

use super::context::Context;
use super::engine::Engine;
use super::entry::{Active, Entry};
use crate::error::Result;
use crate::session::{ReadElsewhere, Session};

impl<C: Clone + PartialEq> Engine<C> {
    /// Whether all that is left to do waits for the device that reads texts, so that a step
    /// before it has more does nothing.
    pub fn waits_for_reader(&self) -> bool {
        self.waiting > 0 && self.waiting == self.active.len()
    }

    /// Has another device read what it can of what the active requests need, and takes what it
    /// has read; `needed` then has what is left to the model. Returns how many requests wait
    /// for that device.
    pub(super) fn read_elsewhere(
        &mut self,
        session: &mut Session,
        needed: &mut [usize],
        emit: &mut dyn FnMut(&C, Reply),
    ) -> Result<usize> {
        let mut waiting = 0;
        let now = (self.clock.monotonic_ms)();
        for (Active { entry, slot, .. }, needed) in self.active.iter_mut().zip(needed) {
            if *needed == 0 {
                continue;
            }
            let Entry { client, id, job } = entry;
            let mut emit_event = |event| emit(client, Reply { id: *id, event });
            match session.read_elsewhere(*slot, job.ids(), || job.outlook(), now)? {
                ReadElsewhere::Not => {}
                ReadElsewhere::Awaited => {
                    *needed = 0;
                    waiting += 1;
                }
                ReadElsewhere::Read { tokens, ms } => {
                    *needed = 0;
                    self.stats.passes += 1;
                    let context = &mut Context {
                        session,
                        slot: *slot,
                        clock: self.clock,
                        prefill_budget: self.prefill_budget,
                        emit: &mut emit_event,
                    };
                    job.record_read(tokens, ms, context);
                }
                // It is not waited for: the device is another request's, which goes on.
                ReadElsewhere::Later => *needed = 0,
                ReadElsewhere::Failed(device) => {
                    emit_event(Event::PromptsReadBy { device });
                }
            }
        }
        Ok(waiting)
    }
}
