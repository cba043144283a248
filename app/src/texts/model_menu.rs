//! The menu of the current model, and the problems above the status line.

use crate::format;

/// The page connects to a server.
pub(crate) const CONNECTING: &str = "Connecting…";
/// The engine starts.
pub(crate) const STARTING: &str = "Starting…";
/// A model is loaded.
pub(crate) const LOADING: &str = "Loading…";
/// There is no model.
pub(crate) const NO_MODEL: &str = "No model";
/// The model runs on a native server.
pub(crate) const ON_SERVER: &str = "on a server";
/// The model runs in the browser.
pub(crate) const IN_BROWSER: &str = "in this browser";
/// The page's own server is a native one.
pub(crate) const SERVER_HERE: &str = "This page’s own server can run the model";
/// It is not.
pub(crate) const NEEDS_ADDRESS: &str = "Needs the address of a native server";
/// The browser lacks what the fastest build needs.
pub(crate) const SLOWER_BROWSER: &str =
    "This browser lacks relaxed SIMD or shared memory, so the model runs more slowly.";
/// The page may not use threads.
pub(crate) const ONE_THREAD: &str = "The model runs on one thread: the page is not isolated, since its host does not ask for \
     it and no service worker can.";

/// Lets the page read the files of the last visit.
pub(crate) const OPEN_AGAIN: &str = "Open it again";
/// Chooses the files of the last visit.
pub(crate) const CHOOSE_FILES: &str = "Choose files…";
/// Tries once more what failed.
pub(crate) const TRY_AGAIN: &str = "Try again";
/// Starts the engine again.
pub(crate) const RESTART: &str = "Restart";

/// How many tokens a model can read.
pub(crate) fn context(tokens: u32) -> String {
    format::counted(tokens.into(), "token")
}

/// The device that a model runs on, with its threads unless it names them.
pub(crate) fn device(device: &str, threads: u32) -> String {
    match device.contains("thread") {
        true => device.into(),
        false => format!("{device}, {}", format::counted(threads.into(), "thread")),
    }
}

/// A model whose architecture is not known is read as one that is.
pub(crate) fn read_as(name: &str, architecture: &str) -> String {
    let mut like = architecture.to_owned();
    if let Some(first) = like.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!(
        "This model calls itself “{name}”, which is not known here; its files look like \
         {like} and are read as such."
    )
}
