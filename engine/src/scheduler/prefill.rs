//! The progress of reading a prompt.

use protocol::{Event, Phase, Progress, Timings, TokenId};

use super::context::Context;
use crate::session::Session;

/// The timings of a prompt that is being read.
#[derive(Debug, Default)]
pub(super) struct PrefillProgress {
    pub(super) timings: Timings,
    started: bool,
}

impl PrefillProgress {
    /// The number of `ids` that are not cached.
    pub(super) fn tokens_to_read(
        &mut self,
        ids: &[TokenId],
        session: &Session,
        slot: usize,
    ) -> usize {
        let cached = session.cached_tokens(slot, ids);
        if !self.started {
            self.started = true;
            self.timings.cached_tokens = cached as u32;
        }
        ids.len() - cached
    }

    /// Records that `count` tokens were read in `ms` milliseconds. Emits progress while
    /// more remain.
    pub(super) fn record_read(
        &mut self,
        ids: &[TokenId],
        count: usize,
        ms: f64,
        context: &mut Context,
    ) {
        let Context { session, slot, emit, .. } = context;
        self.timings.prefill_tokens += count as u32;
        self.timings.prefill_ms += ms as f32;
        let done = session.cached_tokens(*slot, ids);
        if done < ids.len() {
            let Timings { prefill_tokens, prefill_ms, .. } = self.timings;
            let speed = prefill_tokens as f32 / (prefill_ms / 1000.0);
            emit(Event::Progress(Progress {
                phase: Phase::Prefill,
                done: done as u64,
                total: Some(ids.len() as u64),
                per_second: speed.is_finite().then_some(speed),
            }));
        }
    }
}
