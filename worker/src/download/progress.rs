//! The progress of downloads, as the page shows it.

use std::cell::Cell;

use hub::Download;
use protocol::{Event, Phase, Progress, Reply, RequestId};

use super::StorageFailed;
use crate::post;

/// Progress is told at most this often.
const TELL_EVERY_MS: f64 = 100.0;

/// Tells the page how far the downloads of a load are, all together.
pub(crate) struct DownloadProgress {
    id: RequestId,
    storage_failed: StorageFailed,
    /// Bytes that are there, and bytes in all as far as that is known.
    done: Cell<u64>,
    total: Cell<u64>,
    /// Bytes that were there at first, which say nothing about the speed.
    first: Cell<u64>,
    started: f64,
    told: Cell<f64>,
    noticed: Cell<bool>,
}

impl DownloadProgress {
    /// Counts from nothing. Once storage has failed, the page is told what that means.
    pub(crate) fn new(id: RequestId, storage_failed: &StorageFailed) -> Self {
        DownloadProgress {
            id,
            storage_failed: storage_failed.clone(),
            done: Cell::new(0),
            total: Cell::new(0),
            first: Cell::new(0),
            started: js_sys::Date::now(),
            told: Cell::new(0.0),
            noticed: Cell::new(false),
        }
    }

    /// Counts the files of a download. Call what it returns with the number of their bytes that
    /// are there.
    pub(crate) fn of_download<'a>(
        &'a self,
        download: &Download,
    ) -> impl Fn(u64) + use<'a> {
        let before = self.done.get();
        let finished = download.finished_bytes();
        self.expect(download.size());
        self.done.set(before + finished);
        self.first.set(self.first.get() + finished);
        move |done| self.reach(before + done)
    }

    /// Counts a file of this many bytes.
    pub(crate) fn expect(&self, bytes: u64) {
        self.total.set(self.total.get().saturating_add(bytes));
    }

    /// Counts bytes that came, or that have to come again.
    pub(crate) fn add(&self, bytes: i64) {
        self.reach(self.done.get().saturating_add_signed(bytes));
    }

    fn reach(&self, done: u64) {
        self.done.set(done);
        self.notice();
        let (now, total) = (js_sys::Date::now(), self.total.get());
        if now - self.told.get() < TELL_EVERY_MS && done < total {
            return;
        }
        self.told.set(now);
        let seconds = (now - self.started) / 1000.0;
        let speed = done.saturating_sub(self.first.get()) as f64 / seconds;
        let progress = Progress {
            phase: Phase::Download,
            done,
            // Of a file whose host does not say its size, more may come than is expected.
            total: (total >= done).then_some(total),
            per_second: speed.is_finite().then_some(speed as f32),
        };
        post::reply(Reply { id: self.id, event: Event::Progress(progress) });
    }

    /// Says once that the model is not stored.
    pub(crate) fn notice(&self) {
        if self.storage_failed.get() && !self.noticed.replace(true) {
            let message = "The browser’s storage is full, switched off or in use by \
                           another tab: the model is kept in memory only and will have \
                           to be downloaded again."
                .into();
            post::reply(Reply { id: self.id, event: Event::Notice { message } });
        }
    }
}
