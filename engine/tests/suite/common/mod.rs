//! Helpers of all tests.

pub(crate) mod reader;
pub(crate) mod tiny;

/// Starts a thread; returns whether it could.
pub(crate) fn on_a_thread(body: Box<dyn FnOnce() + Send>) -> bool {
    std::thread::Builder::new().spawn(body).is_ok()
}
