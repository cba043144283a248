//! What the tests share.

pub(crate) mod tiny;

/// Runs a body on a thread of its own.
pub(crate) fn on_a_thread(body: Box<dyn FnOnce() + Send>) -> bool {
    std::thread::Builder::new().spawn(body).is_ok()
}
