//! The sessions that the browser keeps, as one list for all tabs.

use web_sys::Window;

use crate::json;
use crate::state::PastSession;

const KEY: &str = "next-token-visualizer.sessions";
/// The most sessions that are kept.
const MOST: usize = 200;

/// The sessions that are kept, newest first.
pub(crate) fn read(window: &Window) -> Vec<PastSession> {
    let read = || window.local_storage().ok().flatten()?.get_item(KEY).ok().flatten();
    read().and_then(|stored| json::read(&stored)).unwrap_or_default()
}

/// Keeps a session as the newest, and returns those that are kept.
pub(crate) fn keep(window: &Window, session: PastSession) -> Vec<PastSession> {
    let saved = js_sys::Date::now();
    write(window, with(read(window), PastSession { saved, ..session }))
}

/// No longer keeps the session of a link, and returns those that are kept.
pub(crate) fn forget(window: &Window, link: &str) -> Vec<PastSession> {
    let mut sessions = read(window);
    sessions.retain(|known| known.link != link);
    write(window, sessions)
}

/// Sessions with another as the newest. The same again is no second one.
fn with(mut sessions: Vec<PastSession>, session: PastSession) -> Vec<PastSession> {
    sessions.retain(|known| known.link != session.link);
    sessions.insert(0, session);
    sessions.truncate(MOST);
    sessions
}

/// Stores sessions: where there is little room, the newest of them.
fn write(window: &Window, mut sessions: Vec<PastSession>) -> Vec<PastSession> {
    let Some(storage) = window.local_storage().ok().flatten() else { return sessions };
    loop {
        let text = json::write(&sessions).unwrap_or_default();
        if storage.set_item(KEY, &text).is_ok() || sessions.is_empty() {
            return sessions;
        }
        sessions.truncate(sessions.len() / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(link: &str) -> PastSession {
        let (title, model) = (format!("title of {link}"), "demo".into());
        PastSession { title, model, saved: 1.0, link: link.into() }
    }

    #[test]
    fn the_newest_is_first_and_the_same_again_is_no_second_one() {
        let mut sessions = Vec::new();
        for link in ["a", "b", "a"] {
            sessions = with(sessions, named(link));
        }
        let links: Vec<&str> = sessions.iter().map(|known| known.link.as_str()).collect();
        assert_eq!(links, ["a", "b"]);
        for index in 0..MOST + 50 {
            sessions = with(sessions, named(&index.to_string()));
        }
        assert_eq!(sessions.len(), MOST);
    }
}
