//! Where the model runs, how it is loaded, and what went wrong there.

pub(crate) use crate::language::table::engine::*;

use crate::language::{Text, say, say_count};

/// A model is ready.
pub(crate) fn ready(model: &str) -> String {
    say!(READY, model = model)
}

/// The engine or the connection failed and works again.
pub(crate) fn recovered(is_server: bool) -> &'static str {
    match is_server {
        true => RECONNECTED.get(),
        false => RESTARTED.get(),
    }
}

/// A server has not answered in time.
pub(crate) fn no_answer(server: &str, is_connected: bool, seconds: u32) -> String {
    match is_connected {
        false => say!(NO_ANSWER, server = server, seconds = seconds),
        true => say!(SILENT, server = server, seconds = seconds),
    }
}

/// A server cannot be reached.
pub(crate) fn unreachable(server: &str) -> String {
    say!(UNREACHABLE, server = server)
}

/// The connection or the engine ended. The reason has no full stop.
pub(crate) fn ended(is_server: bool, was_loading: bool, reason: &str) -> String {
    match (is_server, was_loading) {
        (true, _) => say!(CONNECTION_LOST, reason = reason),
        (false, true) => say!(ENGINE_STOPPED_LOADING, reason = reason),
        (false, false) => say!(ENGINE_STOPPED, reason = reason),
    }
}

/// A sentence, and what is kept after the engine ended.
fn and_kept(sentence: Text, cut_short: bool) -> String {
    match cut_short {
        true => format!("{sentence} {TEXT_IS_SAFE} {REPLY_CUT}"),
        false => format!("{sentence} {TEXT_IS_SAFE}"),
    }
}

/// The model ends the engine again and again.
pub(crate) fn too_large(cut_short: bool) -> String {
    match cut_short {
        true => format!("{TEXT_IS_SAFE} {REPLY_CUT} {LESS_MEMORY}"),
        false => format!("{TEXT_IS_SAFE} {LESS_MEMORY}"),
    }
}

/// The engine or the server is not started another time.
pub(crate) fn given_up(is_server: bool, cut_short: bool) -> String {
    and_kept(if is_server { START_AGAIN } else { THIRD_TIME }, cut_short)
}

/// The engine is started, or the server connected to, another time.
pub(crate) fn again(is_server: bool, cut_short: bool) -> String {
    and_kept(if is_server { RECONNECTING } else { RESTARTING }, cut_short)
}

/// The model that worked is used until something else does.
pub(crate) fn meanwhile(model: &str, on_server: bool) -> String {
    match on_server {
        false => say!(MEANWHILE, model = model),
        true => say!(MEANWHILE_ON_SERVER, model = model),
    }
}

/// The page connects to a server.
pub(crate) fn connecting(server: &str) -> String {
    say!(CONNECTING, server = server)
}

/// A server has not described its model yet.
pub(crate) fn waiting(server: &str) -> String {
    say!(WAITING, server = server)
}

/// A host is asked for a model.
pub(crate) fn asking(host: &str) -> String {
    say!(ASKING, host = host)
}

/// A model of files is read, the first of which has this name.
pub(crate) fn reading(file: &str) -> String {
    say!(READING, file = file)
}

/// The model of the last visit came from files, the first of which has this name.
pub(crate) fn last_files(first: &str, others: usize, choose_again: bool) -> String {
    let named = match others {
        0 => first.to_owned(),
        others => say_count!(SEVERAL_FILES, others as u64, first = first),
    };
    let was = say!(LAST_FILES, files = named);
    match choose_again {
        false => was,
        // Another sentence.
        true => format!("{was} {CHOOSE_IT_AGAIN}"),
    }
}

/// The weights of a file were converted.
pub(crate) fn converted(model: &str, stored: &str, precision: &str) -> String {
    say!(CONVERTED, model = model, stored = stored, precision = precision)
}

/// A quantised file keeps its own format although fewer bits were asked for.
pub(crate) fn keeps_format(model: &str, precision: &str, bits: u32) -> String {
    say!(KEEPS_FORMAT, model = model, precision = precision, bits = bits)
}

/// An access token is not sent over a connection that others can read.
pub(crate) fn token_not_sent(host: &str) -> String {
    say!(TOKEN_NOT_SENT, host = host)
}

/// A link names something else as its hub.
pub(crate) fn link_without_hub(named: &str) -> String {
    say!(LINK_WITHOUT_HUB, named = named)
}

/// The browser, or the page's policy, forbids a connection.
pub(crate) fn not_allowed(host: &str) -> String {
    say!(NOT_ALLOWED, host = host)
}
