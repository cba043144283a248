//! The picker of models: on offer, typed, from files, and stored.

use web_sys::{HtmlDialogElement, HtmlInputElement, HtmlSelectElement};

use super::offers::{Line, lines, spelled};
use crate::dom::{Slot, set};
use crate::elements::{Offer, Page, Template};
use crate::format;
use crate::state::{Models, State};

/// The picker.
#[derive(Debug)]
pub(super) struct ModelsView {
    dialog: HtmlDialogElement,
    template: Template,
    precision: HtmlSelectElement,
    offered: Slot,
    stored: Slot,
    stored_meter: Slot,
    stored_facts: Slot,
    typed: HtmlInputElement,
    token: HtmlInputElement,
    keep_token: HtmlInputElement,
    hub: HtmlInputElement,
    server: Slot,
    notice: Slot,
    notice_text: Slot,
    /// The lists as they are drawn.
    drawn: Vec<Line>,
}

impl ModelsView {
    pub(super) fn new(page: &Page) -> Result<ModelsView, String> {
        Ok(ModelsView {
            dialog: page.dialog("models")?,
            template: page.template("model-template")?,
            precision: page.select("model-precision")?,
            offered: page.slot("offered")?,
            stored: page.slot("stored")?,
            stored_meter: page.slot("stored-meter")?,
            stored_facts: page.slot("stored-facts")?,
            typed: page.input("model-typed")?,
            token: page.input("model-token")?,
            keep_token: page.input("model-keep-token")?,
            hub: page.input("model-hub")?,
            server: page.slot("model-server")?,
            notice: page.slot("notice")?,
            notice_text: page.slot("notice-text")?,
            drawn: Vec::new(),
        })
    }

    pub(super) fn draw(&mut self, state: &State) {
        let models = &state.models;
        self.notice.show(models.notice.is_some());
        self.notice_text.text(models.notice.as_deref().unwrap_or_default());
        if models.open != self.dialog.open() {
            match models.open {
                true => {
                    // It is not open, so it can be opened.
                    let _ = self.dialog.show_modal();
                }
                false => self.dialog.close(),
            }
        }
        if !models.open {
            return;
        }
        for (input, value) in [
            (&self.typed, &models.typed),
            (&self.token, &models.token),
            (&self.hub, &models.remembered.endpoint),
        ] {
            if input.value() != *value {
                input.set_value(value);
            }
        }
        let precision = spelled(models.precision);
        if self.precision.value() != precision {
            self.precision.set_value(precision);
        }
        self.keep_token.set_checked(models.remembered.token.is_some());
        let server = models.of_server.as_ref().filter(|server| !server.ids.is_empty());
        self.server.show(server.is_some());
        self.server.text(&server.map_or_else(String::new, |server| {
            let models = format::counted(server.ids.len() as u64, "model");
            format!(
                "{models} of this page’s own server are taken from there, unless another \
                 address is given."
            )
        }));
        self.draw_room(models);
        self.draw_lists(lines(state));
    }

    /// How much is stored, of how much the browser allows.
    fn draw_room(&self, models: &Models) {
        let Some(stored) = &models.stored else {
            self.stored_meter.show(false);
            return self.stored_facts.text("Looking…");
        };
        let none = if stored.models.is_empty() { "None yet. " } else { "" };
        let known = stored.used.zip(stored.quota).filter(|(_, quota)| *quota > 0);
        self.stored_meter.show(known.is_some());
        let Some((used, quota)) = known else { return self.stored_facts.text(none) };
        let (used, quota) = (used as f64, quota as f64);
        self.stored_meter.attribute("value", Some(&format!("{:.4}", used / quota)));
        self.stored_facts.text(&format!(
            "{none}{} of {} that the browser allows are used.",
            format::bytes(used),
            format::bytes(quota)
        ));
    }

    fn draw_lists(&mut self, lines: Vec<Line>) {
        if lines == self.drawn {
            return;
        }
        for list in [&self.offered, &self.stored] {
            list.element().set_text_content(None);
        }
        for line in &lines {
            let Ok(offer) = Offer::new(&self.template) else { continue };
            set(&offer.item, "data-model", &line.name);
            if let Some(precision) = line.stored {
                set(&offer.item, "data-precision", spelled(precision));
            }
            let (owner, name) = match line.name.split_once('/') {
                // A file or an address is told as a whole.
                Some((owner, name)) if !name.contains('/') => (format!("{owner}/"), name),
                _ => (String::new(), line.title.unwrap_or(&line.name)),
            };
            offer.owner.text(&owner);
            offer.name.text(name);
            offer.tag.text(line.tag);
            offer.note.text(&line.note);
            offer.note.show(!line.note.is_empty());
            offer.facts.text(&line.facts);
            offer.fit.text(&line.fit);
            offer.fit.show(!line.fit.is_empty());
            offer.load.text(&line.action);
            if line.tag == "default" {
                offer.load.attribute("class", Some("load primary"));
            }
            let title = line.title.unwrap_or(&line.name);
            let said = format!("{}: {title}", line.action);
            offer.load.attribute("aria-label", Some(&said));
            offer.delete.attribute("aria-label", Some(&format!("Delete {title}")));
            offer.delete.show(line.stored.is_some());
            let list = if line.stored.is_some() { &self.stored } else { &self.offered };
            let added = list.element().append_child(&offer.item);
            debug_assert!(added.is_ok(), "a list takes items");
        }
        self.drawn = lines;
    }
}
