//! What the routes of a running hub share, and its log.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::faults::Behaviour;
use crate::model::HubModel;
use crate::random::Random;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) endpoint: String,
    pub(crate) models: Vec<HubModel>,
    pub(crate) behaviour: Behaviour,
    pub(crate) random: Mutex<Random>,
    pub(crate) log: Mutex<Vec<Entry>>,
    /// Every request: its path, and its `Authorization` if it had one.
    pub(crate) asked: Mutex<Vec<(String, Option<String>)>>,
}

/// Something that happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A model was asked about.
    Listed,
    /// Bytes of a file were asked for and are being sent: as many as will be sent, which
    /// are fewer than asked for where the connection is cut.
    Sent {
        /// The file's hash.
        digest: String,
        /// Its bytes.
        range: Range<u64>,
    },
    /// A request was answered with this status instead of with what was asked for.
    Refused(u16),
    /// Whoever uses the hub noted that these bytes are finished.
    Finished {
        /// The file's hash.
        digest: String,
        /// Its bytes.
        range: Range<u64>,
    },
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
