//! The drafts of all tabs. A tab stores its draft in its own storage, for a reload, and in the
//! browser's, for after it is closed. There it uses a name of its own, so that tabs do not
//! overwrite each other's. A new tab continues with the draft of the tab that was closed last.

use serde::{Deserialize, Serialize};

use crate::json;
use crate::state::Draft;

/// The key of the draft in the tab's storage.
const DRAFT: &str = "next-token-visualizer.draft";
/// The key of the tab's name in its storage.
const TAB: &str = "next-token-visualizer.tab";
/// The prefix of the tab's name in the browser's storage.
const RECORD: &str = "next-token-visualizer.drafts.";
/// A tab that has stored nothing for this long counts as closed: it may have ended without
/// notice.
const SILENT_MS: f64 = 3_600_000.0;
/// The most drafts of closed tabs that are kept.
const MAX_CLOSED_DRAFTS: usize = 8;

/// A storage of texts by name. It may be full or hold damaged data.
pub(crate) trait TextStorage {
    fn get(&self, name: &str) -> Option<String>;
    /// Stores a text. False if there is no room.
    fn set(&self, name: &str, text: &str) -> bool;
    fn remove(&self, name: &str);
    fn names(&self) -> Vec<String>;
}

/// A tab's draft in the browser's storage.
#[derive(Deserialize, Serialize)]
struct Record<D> {
    /// The tab is open, so no other tab continues with its draft.
    open: bool,
    /// When it was stored, in milliseconds since 1970.
    saved: f64,
    draft: D,
}

/// The draft that a tab begins with: its own after a reload, otherwise that of the tab that was
/// closed last. `fresh` is a name that no tab has; `now` is in milliseconds since 1970.
pub(crate) fn begin(
    tab: &impl TextStorage,
    browser: &impl TextStorage,
    fresh: &str,
    now: f64,
) -> Option<Draft> {
    let read = |name: &str| {
        let text = browser.get(name)?;
        json::read::<Record<Draft>>(&text)
    };
    let open = |record: &Record<Draft>| record.open && now - record.saved < SILENT_MS;
    let own = tab.get(DRAFT).and_then(|text| json::read::<Draft>(&text));
    if let Some(own) = own {
        let name = tab.get(TAB);
        let record = name.as_ref().and_then(|name| read(&format!("{RECORD}{name}")));
        // A duplicated tab begins with the name of the original, which is open.
        if name.is_none() || record.is_some_and(|record| open(&record)) {
            tab.set(TAB, fresh);
        }
        return Some(own);
    }
    tab.set(TAB, fresh);
    let mut closed = Vec::new();
    for name in browser.names().into_iter().filter(|name| name.starts_with(RECORD)) {
        match read(&name) {
            Some(record) if open(&record) => {}
            Some(record) => closed.push((record.saved, name, record.draft)),
            // A draft that cannot be read is of no use to any tab.
            None => browser.remove(&name),
        }
    }
    closed.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, name, _) in closed.iter().skip(MAX_CLOSED_DRAFTS) {
        browser.remove(name);
    }
    let (_, name, draft) = closed.into_iter().next()?;
    browser.remove(&name);
    Some(draft)
}

/// Stores a tab's draft, or a shorter form of it where there is little room. `open` is false as
/// the tab goes away. The page also works if nothing can be stored.
pub(crate) fn save(
    tab: &impl TextStorage,
    browser: &impl TextStorage,
    draft: Draft,
    open: bool,
    now: f64,
) {
    let name = tab.get(TAB).map(|name| format!("{RECORD}{name}"));
    let (mut in_tab, mut in_browser) = (false, name.is_none());
    let forms: [fn(Draft) -> Draft; 3] =
        [|whole| whole, Draft::shortened, Draft::shortest];
    for form in forms {
        if in_tab && in_browser {
            return;
        }
        let Some(form) = json::write(&form(draft.clone())) else { continue };
        in_tab = in_tab || tab.set(DRAFT, &form);
        let text = || format!(r#"{{"open":{open},"saved":{now},"draft":{form}}}"#);
        in_browser =
            in_browser || name.as_ref().is_some_and(|name| browser.set(name, &text()));
    }
    // No draft is better than an outdated one.
    if !in_tab {
        tab.remove(DRAFT);
    }
    if let Some(name) = name.filter(|_| !in_browser) {
        browser.remove(&name);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;
    use crate::state::State;

    /// A storage with room for so many bytes.
    pub(crate) struct Memory {
        pub(crate) texts: RefCell<BTreeMap<String, String>>,
        room: usize,
    }

    impl Memory {
        pub(crate) fn of(room: usize) -> Memory {
            Memory { texts: RefCell::default(), room }
        }
    }

    impl TextStorage for Memory {
        fn get(&self, name: &str) -> Option<String> {
            self.texts.borrow().get(name).cloned()
        }

        fn set(&self, name: &str, text: &str) -> bool {
            let fits = text.len() <= self.room;
            if fits {
                self.texts.borrow_mut().insert(name.into(), text.into());
            }
            fits
        }

        fn remove(&self, name: &str) {
            self.texts.borrow_mut().remove(name);
        }

        fn names(&self) -> Vec<String> {
            self.texts.borrow().keys().cloned().collect()
        }
    }

    fn draft(prompt: &str) -> Draft {
        let mut state = State::default();
        state.explorer.prompt = prompt.into();
        Draft::of(&state)
    }

    fn prompt(draft: Option<Draft>) -> Option<String> {
        let mut state = State::default();
        draft?.restore(&mut state);
        Some(state.explorer.prompt)
    }

    #[test]
    fn a_closed_tab_is_gone_on_with_once_and_open_ones_are_left_alone() {
        let browser = Memory::of(10_000);
        let (first, second) = (Memory::of(10_000), Memory::of(10_000));
        assert!(begin(&first, &browser, "a", 1.0).is_none());
        assert!(begin(&second, &browser, "b", 1.0).is_none());
        save(&first, &browser, draft("first"), true, 2.0);
        save(&second, &browser, draft("second"), true, 3.0);
        let third = Memory::of(10_000);
        assert!(begin(&third, &browser, "c", 4.0).is_none(), "both are open");
        save(&first, &browser, draft("first"), false, 5.0);
        let fourth = Memory::of(10_000);
        assert_eq!(prompt(begin(&fourth, &browser, "d", 6.0)).as_deref(), Some("first"));
        let fifth = Memory::of(10_000);
        assert!(begin(&fifth, &browser, "e", 7.0).is_none(), "it was taken");
        // A reload of the second.
        save(&second, &browser, draft("second"), false, 8.0);
        assert_eq!(prompt(begin(&second, &browser, "f", 9.0)).as_deref(), Some("second"));
        assert_eq!(second.get(TAB).as_deref(), Some("b"));
    }

    #[test]
    fn a_duplicated_tab_gets_a_name_of_its_own_and_a_tab_that_fell_silent_is_closed() {
        let browser = Memory::of(10_000);
        let first = Memory::of(10_000);
        begin(&first, &browser, "a", 1.0);
        save(&first, &browser, draft("first"), true, 2.0);
        let twin = Memory { texts: first.texts.clone(), room: 10_000 };
        assert_eq!(prompt(begin(&twin, &browser, "b", 3.0)).as_deref(), Some("first"));
        assert_eq!(twin.get(TAB).as_deref(), Some("b"));
        let later = Memory::of(10_000);
        let found = begin(&later, &browser, "c", 3.0 + SILENT_MS);
        assert_eq!(prompt(found).as_deref(), Some("first"));
    }

    #[test]
    fn where_there_is_little_room_what_is_short_is_kept_and_old_records_go() {
        let browser = Memory::of(1_000_000);
        let tab = Memory::of(40);
        begin(&tab, &browser, "a", 1.0);
        save(&tab, &browser, draft("much more than there is room for"), true, 1.0);
        assert!(tab.get(DRAFT).is_none());
        for index in 0..20 {
            let name = format!("{RECORD}{index}");
            let json = serde_json::to_string(&draft("old")).unwrap();
            let record = format!(r#"{{"open":false,"saved":{index},"draft":{json}}}"#);
            browser.set(&name, &record);
        }
        browser.set(&format!("{RECORD}broken"), "{");
        browser.set("someone else's", "{");
        let new = Memory::of(10_000);
        assert!(begin(&new, &browser, "b", 30.0).is_some());
        let records =
            browser.names().iter().filter(|name| name.starts_with(RECORD)).count();
        // One was taken, and the tab that is open has its own.
        assert_eq!(records, MAX_CLOSED_DRAFTS);
        assert!(browser.get("someone else's").is_some());
    }
}
