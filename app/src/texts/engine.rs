//! Where the model runs, how it is loaded, and what went wrong there.

/// What to do about a server that does not answer.
pub(crate) const START_SERVER: &str =
    "Start the server there, or check its address, then connect again.";
/// Connecting to a server was stopped.
pub(crate) const CONNECTING_STOPPED: &str = "Connecting was stopped.";
/// A download was stopped.
pub(crate) const DOWNLOAD_PAUSED: &str =
    "The download is paused. What has been downloaded stays.";
/// Loading a model was stopped.
pub(crate) const LOADING_STOPPED: &str = "Loading was stopped.";
/// The engine starts.
pub(crate) const STARTING: &str = "Starting the engine…";
/// The model that comes with the page is loaded.
pub(crate) const LOADING_DEMO: &str = "Loading the demo model…";
/// The model that comes with the page, within a sentence.
pub(crate) const DEMO: &str = "the demo model";
/// The page's own server is asked for a model.
pub(crate) const ASKING_OWN_SERVER: &str = "Asking this page’s own server…";
/// A stored model is read.
pub(crate) const READING_SAVED: &str = "Reading the model from this browser…";
/// A model of files is read.
pub(crate) const READING_FILES: &str = "Reading the files…";
/// The other hub that a link names was declined.
pub(crate) const HUB_DECLINED: &str = "The other hub is not used.";
/// Only models of a hub have lists of files.
pub(crate) const NO_LIST: &str =
    "Only a model of a hub has a list of files. Type its name as owner/name.";
/// A native server has no lists.
pub(crate) const NO_LIST_ON_SERVER: &str =
    "The native server cannot list a hub’s files. Choose “In this browser” first.";
/// The engine cannot be asked yet.
pub(crate) const STILL_STARTING: &str =
    "The engine is still starting. Try again in a moment.";
/// The browser asks again whether the page may read the files of the last visit.
pub(crate) const ALLOW_AGAIN: &str =
    "The browser wants you to allow this page to read it again.";
/// The files of the last visit have to be chosen again.
pub(crate) const CHOOSE_AGAIN: &str =
    "Browsers do not reopen files by themselves. Your text is waiting for it.";
/// A link's parameter was ignored.
pub(crate) const LINK_IGNORED: &str = "The link was ignored.";
/// A model ended the engine, probably for lack of memory.
const LESS_MEMORY: &str = "The model may need more memory than this browser allows: choose a \
    smaller one, 4-bit, or the native server.";
/// Everything typed is still there.
const TEXT_IS_SAFE: &str = "Nothing you typed or chose is lost.";
/// A reply ends where it was.
const REPLY_CUT: &str = "The reply that was being written stops where it was.";

/// A model is ready.
pub(crate) fn ready(model: &str) -> String {
    format!("The model {model} is ready.")
}

/// The engine or the connection failed and works again.
pub(crate) fn recovered(is_server: bool) -> &'static str {
    match is_server {
        true => "Connection lost – reconnected. Your text is safe.",
        false => "The engine stopped and was restarted. Your text is safe.",
    }
}

/// A server has not answered in time.
pub(crate) fn no_answer(server: &str, is_connected: bool, seconds: u32) -> String {
    match is_connected {
        false => format!("Nothing answered at {server} within {seconds} seconds."),
        true => format!(
            "{server} accepted the connection but did not answer within {seconds} seconds."
        ),
    }
}

/// A server cannot be reached.
pub(crate) fn unreachable(server: &str) -> String {
    format!("Can’t reach a server at this address ({server}).")
}

/// The connection or the engine ended. The reason has no full stop.
pub(crate) fn ended(is_server: bool, was_loading: bool, reason: &str) -> String {
    match (is_server, was_loading) {
        (true, _) => format!("The connection to the native server was lost: {reason}."),
        (false, true) => {
            format!("The engine stopped while loading the model: {reason}.")
        }
        (false, false) => format!("The engine stopped: {reason}."),
    }
}

/// What is kept after the engine ended.
fn kept(cut_short: bool) -> String {
    match cut_short {
        true => format!("{TEXT_IS_SAFE} {REPLY_CUT}"),
        false => TEXT_IS_SAFE.into(),
    }
}

/// The model ends the engine again and again.
pub(crate) fn too_large(cut_short: bool) -> String {
    format!("{} {LESS_MEMORY}", kept(cut_short))
}

/// The engine or the server is not started another time.
pub(crate) fn given_up(is_server: bool, cut_short: bool) -> String {
    let what = match is_server {
        true => "Start it again, or choose “In this browser”.",
        false => "That was the third time in a row.",
    };
    format!("{what} {}", kept(cut_short))
}

/// The engine is started, or the server connected to, another time.
pub(crate) fn again(is_server: bool, cut_short: bool) -> String {
    let what = match is_server {
        true => "The page is reconnecting.",
        false => "It is being restarted.",
    };
    format!("{what} {}", kept(cut_short))
}

/// The model that worked is used until something else does.
pub(crate) fn meanwhile(model: &str, on_server: bool) -> String {
    match on_server {
        false => format!("Meanwhile, {model} is opened again."),
        true => format!("Meanwhile, {model} on the native server is used."),
    }
}

/// The page connects to a server.
pub(crate) fn connecting(server: &str) -> String {
    format!("Connecting to {server}…")
}

/// A server has not described its model yet.
pub(crate) fn waiting(server: &str) -> String {
    format!("Waiting for {server}…")
}

/// A host is asked for a model.
pub(crate) fn asking(host: &str) -> String {
    format!("Asking {host}…")
}

/// A model of files is read, the first of which has this name.
pub(crate) fn reading(file: &str) -> String {
    format!("Reading {file}…")
}

/// The model of the last visit came from files, the first of which has this name.
pub(crate) fn last_files(first: &str, others: usize, choose_again: bool) -> String {
    let named = match others {
        0 => first.to_owned(),
        1 => format!("{first} with another file"),
        _ => format!("{first} with {others} other files"),
    };
    match choose_again {
        false => format!("The model of your last visit was {named}."),
        true => format!("The model of your last visit was {named}. Choose it again."),
    }
}

/// The weights of a file were converted.
pub(crate) fn converted(model: &str, stored: &str, precision: &str) -> String {
    format!(
        "{model} holds {stored} weights, which were converted: here the model runs as \
         {precision}."
    )
}

/// A quantised file keeps its own format although fewer bits were asked for.
pub(crate) fn keeps_format(model: &str, precision: &str, bits: u32) -> String {
    format!(
        "{model} is already quantised and keeps its own {precision}: rounding it again to \
         {bits} bits would make it worse. For {bits} bits, take a file in Q4_K_M, or the \
         model as it was published."
    )
}

/// An access token is not sent over a connection that others can read.
pub(crate) fn token_not_sent(host: &str) -> String {
    format!(
        "Your access token was not sent: the connection to {host} is not encrypted, so \
         others could read it on the way. Use an address that begins with https://."
    )
}

/// A link names something else as its hub.
pub(crate) fn link_without_hub(named: &str) -> String {
    format!("The hub in this link is not valid: “{named}”.")
}
