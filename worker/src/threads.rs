//! Threads in a browser: nested workers on the same memory (`worker_member.js`), which
//! wait here for work.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasm_bindgen::prelude::wasm_bindgen;

type Body = Box<dyn FnOnce() + Send>;

struct Waiting {
    /// Work that no thread has taken yet.
    bodies: Vec<Body>,
    /// How many threads wait for some.
    idle: usize,
    /// How many threads there are.
    all: usize,
}

static WAITING: Mutex<Waiting> =
    Mutex::new(Waiting { bodies: Vec::new(), idle: 0, all: 0 });
/// There is work.
static CALLED: Condvar = Condvar::new();
/// A thread is through with its work.
static BACK: Condvar = Condvar::new();

/// How long a thread may take to come back from a team that was given up: it looks for the
/// next run at most some milliseconds apart, but may have no core for a while.
const PATIENCE: Duration = Duration::from_secs(2);

/// A thread's life. Does not return.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "what JavaScript calls must be public")]
pub fn wait_for_work() {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.all += 1;
    loop {
        waiting.idle += 1;
        BACK.notify_one();
        let body = loop {
            if let Some(body) = waiting.bodies.pop() {
                break body;
            }
            waiting = CALLED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        };
        drop(waiting);
        body();
        waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    }
}

/// Gives a body to a thread that waits; false if there is none.
pub(crate) fn start(body: Body) -> bool {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.idle == 0 {
        return false;
    }
    waiting.idle -= 1;
    waiting.bodies.push(body);
    CALLED.notify_one();
    true
}

/// Threads that can work together: those that wait, and the caller. Those of a model that
/// has just been given up are waited for.
pub(crate) fn count() -> u32 {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    while waiting.idle < waiting.all {
        // Not by `wait_timeout_while`, which asks for the time: there is none here.
        let (now, waited) =
            BACK.wait_timeout(waiting, PATIENCE).unwrap_or_else(PoisonError::into_inner);
        waiting = now;
        if waited.timed_out() {
            break;
        }
    }
    1 + waiting.idle as u32
}
