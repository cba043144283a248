//! The sessions of earlier visits, and what goes on from a recording.

use crate::dom::Slot;
use crate::elements::{Page, Template, part};
use crate::state::{PastSession, Readiness, State};

/// The elements of what is shared.
#[derive(Debug)]
pub(super) struct SharingView {
    list: Slot,
    none: Slot,
    filter: Slot,
    go_live: Slot,
    template: Template,
    shown: Vec<PastSession>,
}

impl SharingView {
    pub(super) fn new(page: &Page) -> Result<SharingView, String> {
        Ok(SharingView {
            list: page.slot("past-sessions")?,
            none: page.slot("past-none")?,
            filter: page.slot("past-filter")?,
            go_live: page.slot("go-live")?,
            template: page.template("past-template")?,
            shown: Vec::new(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        self.go_live.show(state.engine.readiness == Readiness::Recorded);
        self.filter.show(!state.sharing.past.is_empty());
        if state.sharing.listed().eq(&self.shown) {
            return;
        }
        let listed: Vec<PastSession> = state.sharing.listed().cloned().collect();
        self.none.show(listed.is_empty());
        self.list.element().set_text_content(None);
        for session in &listed {
            // The list is short of a session whose elements are missing.
            let _ = self.add(session);
        }
        self.shown = listed;
    }

    fn add(&self, session: &PastSession) -> Result<(), String> {
        let item = self.template.copy();
        let open = part(&item, ".past-open")?;
        open.text(&session.title);
        open.attribute("data-link", Some(&session.link));
        let date = js_sys::Date::new(&session.saved.into()).to_iso_string();
        let date = String::from(date);
        let day = date.get(..10).unwrap_or_default();
        part(&item, ".facts")?.text(&format!("{} · {day}", session.model));
        part(&item, ".past-forget")?.attribute("data-link", Some(&session.link));
        let added = self.list.element().append_child(&item);
        added.map(drop).map_err(|_| "it could not be added".into())
    }
}
