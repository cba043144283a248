//! The draft of each tab: in the tab's own storage for a reload, and in that of the browser
//! for when the tab was closed. Each tab writes under a name of its own, so none writes over
//! another's, and a new tab goes on with what was closed last.

use serde::{Deserialize, Serialize};

use crate::state::Draft;

/// A tab's own draft, in its own storage.
const DRAFT: &str = "next-token-visualizer.draft";
/// The tab's name, in its own storage.
const TAB: &str = "next-token-visualizer.tab";
/// What precedes a tab's name in the storage of the browser.
const RECORD: &str = "next-token-visualizer.drafts.";
/// A tab that says it is open and has not stored anything for so long may have ended
/// without a word. In milliseconds.
const SILENT_MS: f64 = 3_600_000.0;
/// So many drafts of closed tabs are kept.
const MAX_CLOSED_DRAFTS: usize = 8;

/// A storage of texts by name, which may be full or hold anything.
pub(crate) trait TextStorage {
    fn get(&self, name: &str) -> Option<String>;
    /// Whether there was room.
    fn set(&self, name: &str, text: &str) -> bool;
    fn remove(&self, name: &str);
    fn names(&self) -> Vec<String>;
}

/// What the browser keeps of a tab.
#[derive(Deserialize, Serialize)]
struct Record<D> {
    /// The tab is open, and goes on with it itself.
    open: bool,
    /// When it was stored, in milliseconds.
    saved: f64,
    draft: D,
}

/// What a tab begins with: its own draft after a reload, or that of the tab that was closed
/// last. `fresh` is a name that no tab has.
pub(crate) fn begin(
    tab: &impl TextStorage,
    browser: &impl TextStorage,
    fresh: &str,
    now: f64,
) -> Option<Draft> {
    let read = |name: &str| {
        let text = browser.get(name)?;
        serde_json::from_str::<Record<Draft>>(&text).ok()
    };
    let open = |record: &Record<Draft>| record.open && now - record.saved < SILENT_MS;
    let own = tab.get(DRAFT).and_then(|text| serde_json::from_str::<Draft>(&text).ok());
    if let Some(own) = own {
        let name = tab.get(TAB);
        let record = name.as_ref().and_then(|name| read(&format!("{RECORD}{name}")));
        // A tab that was duplicated begins with the name of one that is open.
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
            // It cannot be read, so it is no one's.
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

/// Keeps a tab's draft. `open` is false as the tab goes away. Where nothing can be kept,
/// the page works all the same.
pub(crate) fn save(
    tab: &impl TextStorage,
    browser: &impl TextStorage,
    draft: Draft,
    open: bool,
    now: f64,
) {
    let name = tab.get(TAB).map(|name| format!("{RECORD}{name}"));
    let (mut in_tab, mut in_browser) = (false, name.is_none());
    let shorter: [fn(Draft) -> Draft; 3] = [|all| all, Draft::shortened, Draft::shortest];
    for form in shorter {
        if in_tab && in_browser {
            return;
        }
        let Ok(form) = serde_json::to_string(&form(draft.clone())) else { continue };
        in_tab = in_tab || tab.set(DRAFT, &form);
        let text = || format!(r#"{{"open":{open},"saved":{now},"draft":{form}}}"#);
        in_browser =
            in_browser || name.as_ref().is_some_and(|name| browser.set(name, &text()));
    }
    // An old draft would be worse than none.
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
