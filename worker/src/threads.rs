//! Threads in a browser: nested workers on the same memory (`worker_member.js`), which
//! wait here for work.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasm_bindgen::prelude::wasm_bindgen;

/// What a thread is to run.
type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    /// Jobs that no thread has taken yet.
    jobs: Vec<Job>,
    /// How many threads wait for one.
    idle: usize,
    /// How many threads there are.
    all: usize,
}

static POOL: Mutex<ThreadPool> =
    Mutex::new(ThreadPool { jobs: Vec::new(), idle: 0, all: 0 });
/// There is a job.
static JOB_ADDED: Condvar = Condvar::new();
/// A thread has finished its job.
static THREAD_IDLE: Condvar = Condvar::new();

/// How long a thread may take to come back from a team that was given up: it looks for the
/// next run at most some milliseconds apart, but may have no core for a while.
const PATIENCE: Duration = Duration::from_secs(2);

/// A thread's life. Does not return.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "what JavaScript calls must be public")]
pub fn wait_for_work() {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    pool.all += 1;
    loop {
        pool.idle += 1;
        THREAD_IDLE.notify_one();
        let job = loop {
            if let Some(job) = pool.jobs.pop() {
                break job;
            }
            pool = JOB_ADDED.wait(pool).unwrap_or_else(PoisonError::into_inner);
        };
        drop(pool);
        job();
        pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    }
}

/// Gives a job to a thread that waits; false if there is none.
pub(crate) fn start(job: Job) -> bool {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.idle == 0 {
        return false;
    }
    pool.idle -= 1;
    pool.jobs.push(job);
    JOB_ADDED.notify_one();
    true
}

/// How many threads can work together: those that wait, and the caller. Waits for those of a
/// model that has just been given up.
pub(crate) fn count() -> u32 {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    while pool.idle < pool.all {
        // Not by `wait_timeout_while`, which asks for the time: there is none here.
        let (now, waited) = THREAD_IDLE
            .wait_timeout(pool, PATIENCE)
            .unwrap_or_else(PoisonError::into_inner);
        pool = now;
        if waited.timed_out() {
            break;
        }
    }
    1 + pool.idle as u32
}
