//! What the page is told while a model is downloaded.

use std::cell::Cell;

use hub::Download;
use protocol::{Event, Phase, Progress, Reply, RequestId};

use crate::post;

/// Progress is told at most this often.
const TELL_EVERY_MS: f64 = 100.0;

/// Tells the page how far the download is.
pub(super) struct Meter<'a> {
    id: RequestId,
    in_memory: &'a Cell<bool>,
    total: u64,
    /// Bytes that were there at first, which say nothing about the speed.
    first: u64,
    started: f64,
    told: Cell<f64>,
    noticed: Cell<bool>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(
        id: RequestId,
        download: &Download,
        in_memory: &'a Cell<bool>,
    ) -> Self {
        Meter {
            id,
            in_memory,
            total: download.size(),
            first: download.finished_bytes(),
            started: js_sys::Date::now(),
            told: Cell::new(0.0),
            noticed: Cell::new(false),
        }
    }

    pub(super) fn tell(&self, done: u64) {
        self.notice();
        let now = js_sys::Date::now();
        if now - self.told.get() < TELL_EVERY_MS && done < self.total {
            return;
        }
        self.told.set(now);
        let seconds = (now - self.started) / 1000.0;
        let speed = done.saturating_sub(self.first) as f64 / seconds;
        let progress = Progress {
            phase: Phase::Download,
            done,
            total: Some(self.total),
            per_second: speed.is_finite().then_some(speed as f32),
        };
        post::reply(Reply { id: self.id, event: Event::Progress(progress) });
    }

    /// Says once that the model is not stored.
    pub(super) fn notice(&self) {
        if self.in_memory.get() && !self.noticed.replace(true) {
            let message = "The browser’s storage is full, switched off or in use by \
                           another tab: the model is kept in memory only and will have \
                           to be downloaded again."
                .into();
            post::reply(Reply { id: self.id, event: Event::Notice { message } });
        }
    }
}
