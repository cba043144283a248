//! What the engine has of the device: a handle by which it asks for texts to be read. Who
//! reads them (`service.rs`) is somewhere else in this worker, between the engine's turns.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use engine::{PromptQuestion, PromptReader, PromptReading, ReadTokens, ReaderFault};
use protocol::TokenId;

/// What has come and was not taken yet.
type Parts = Mutex<VecDeque<Result<ReadTokens, ReaderFault>>>;

/// A text to read, and where what is read of it goes. Nobody wants it once that is gone.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) question: PromptQuestion,
    parts: Weak<Parts>,
}

/// What both sides share.
#[derive(Debug, Default)]
struct Shared {
    jobs: VecDeque<Job>,
    /// The ids that the device has in its cache.
    known: Vec<TokenId>,
    /// Whether the engine has given the device up.
    closed: bool,
    /// Wakes who waits for a job.
    waker: Option<Waker>,
}

/// The side of who reads.
#[derive(Clone, Debug)]
pub(super) struct Desk(Arc<Mutex<Shared>>);

/// The engine's side.
#[derive(Debug)]
pub(super) struct Handle {
    shared: Arc<Mutex<Shared>>,
    most_tokens: usize,
    /// Whether the device continues texts.
    pub(super) continues: bool,
}

/// Both sides, for texts of at most so many tokens.
pub(super) fn desk(most_tokens: usize) -> (Handle, Desk) {
    let shared = Arc::<Mutex<Shared>>::default();
    let handle = Handle { shared: shared.clone(), most_tokens, continues: true };
    (handle, Desk(shared))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn common(one: &[TokenId], other: &[TokenId]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

impl Desk {
    /// The next job; `None` once the engine asks for none any more.
    pub(super) async fn next(&self) -> Option<Job> {
        std::future::poll_fn(|context| {
            let mut shared = lock(&self.0);
            if shared.closed {
                return Poll::Ready(None);
            }
            match shared.jobs.pop_front() {
                Some(job) => Poll::Ready(Some(job)),
                None => {
                    shared.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Forgets what the device has read, but for the beginning that a text has in common with
    /// it, at most `most` tokens; returns how many these are.
    pub(super) fn keep(&self, ids: &[TokenId], most: usize) -> usize {
        let mut shared = lock(&self.0);
        let kept = common(&shared.known, ids).min(most);
        shared.known.truncate(kept);
        kept
    }

    /// Whether this is all that the device has read.
    pub(super) fn has_read(&self, ids: &[TokenId]) -> bool {
        lock(&self.0).known == ids
    }

    /// Notes that the device reads more.
    pub(super) fn note(&self, ids: &[TokenId]) {
        lock(&self.0).known.extend(ids);
    }
}

impl Job {
    /// Whether anyone still waits for it.
    pub(super) fn is_wanted(&self) -> bool {
        self.parts.strong_count() > 0
    }

    /// Gives a part to who waits.
    pub(super) fn give(&self, part: Result<ReadTokens, ReaderFault>) {
        if let Some(parts) = self.parts.upgrade() {
            lock(&parts).push_back(part);
        }
    }
}

impl PromptReader for Handle {
    fn most_tokens(&self) -> usize {
        self.most_tokens
    }

    fn continues(&self) -> bool {
        self.continues
    }

    fn known(&self, ids: &[TokenId]) -> usize {
        common(&lock(&self.shared).known, ids)
    }

    fn read(&mut self, question: PromptQuestion) -> Box<dyn PromptReading> {
        let parts = Arc::<Parts>::default();
        let mut shared = lock(&self.shared);
        shared.jobs.push_back(Job { question, parts: Arc::downgrade(&parts) });
        wake(shared);
        Box::new(Reading(parts))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.closed = true;
        wake(shared);
    }
}

/// Wakes who waits, not under the lock.
fn wake(mut shared: MutexGuard<'_, Shared>) {
    let waker = shared.waker.take();
    drop(shared);
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[derive(Debug)]
struct Reading(Arc<Parts>);

impl PromptReading for Reading {
    fn take(&mut self) -> Option<Result<ReadTokens, ReaderFault>> {
        lock(&self.0).pop_front()
    }
}
