//! The reading of a prompt, in steps.

use protocol::{Event, Phase, Progress, Timings, TokenId};

use super::job::Context;
use crate::session::Session;

/// How far a prompt was read, and what that cost.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) timings: Timings,
    started: bool,
}

impl Reading {
    /// How many of `ids` have to be read.
    pub(super) fn unread(
        &mut self,
        ids: &[TokenId],
        session: &Session,
        slot: usize,
    ) -> usize {
        let known = session.known_in(slot, ids);
        if !self.started {
            self.started = true;
            self.timings.cached_tokens = known as u32;
        }
        ids.len() - known
    }

    /// Takes note that so many were read. Long reading is told.
    pub(super) fn has_read(
        &mut self,
        ids: &[TokenId],
        count: usize,
        ms: f64,
        context: &mut Context,
    ) {
        let Context { session, slot, emit, .. } = context;
        self.timings.prefill_tokens += count as u32;
        self.timings.prefill_ms += ms as f32;
        let done = session.known_in(*slot, ids);
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
