//! Threads in a browser: nested workers on the same memory (`worker_member.js`), which
//! wait here for work.

use std::sync::{Condvar, Mutex, PoisonError};

use wasm_bindgen::prelude::wasm_bindgen;

type Body = Box<dyn FnOnce() + Send>;

/// Work that no thread has taken yet, and how many threads wait.
static WAITING: Mutex<(Vec<Body>, usize)> = Mutex::new((Vec::new(), 0));
static CALLED: Condvar = Condvar::new();

/// A thread's life. Does not return.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "what JavaScript calls must be public")]
pub fn wait_for_work() {
    loop {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.1 += 1;
        let body = loop {
            if let Some(body) = waiting.0.pop() {
                break body;
            }
            waiting = CALLED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        };
        drop(waiting);
        body();
    }
}

/// Gives a body to a thread that waits; false if there is none.
pub(crate) fn start(body: Body) -> bool {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if waiting.1 == 0 {
        return false;
    }
    waiting.1 -= 1;
    waiting.0.push(body);
    CALLED.notify_one();
    true
}

/// Threads that can work together: those that wait, and the caller.
pub(crate) fn count() -> u32 {
    let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    1 + waiting.1 as u32
}
