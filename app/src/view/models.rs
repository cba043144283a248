//! The picker of models: on offer, typed, from files, and stored.

use protocol::StoredModel;
use web_sys::{HtmlDialogElement, HtmlInputElement};

use crate::dom::{Slot, set};
use crate::elements::{Offer, Page, Template};
use crate::format;
use crate::state::{Fit, Models, State};

/// The picker.
#[derive(Debug)]
pub(super) struct ModelsView {
    dialog: HtmlDialogElement,
    template: Template,
    offered: Slot,
    stored: Slot,
    stored_facts: Slot,
    typed: HtmlInputElement,
    token: HtmlInputElement,
    keep_token: HtmlInputElement,
    hub: HtmlInputElement,
    notice: Slot,
    notice_text: Slot,
    /// The lists as they are drawn.
    drawn: Vec<Line>,
}

/// A model as a list shows it.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    stored: bool,
    name: String,
    tag: &'static str,
    facts: String,
    fit: &'static str,
    action: &'static str,
}

impl ModelsView {
    pub(super) fn new(page: &Page) -> Result<ModelsView, String> {
        Ok(ModelsView {
            dialog: page.dialog("models")?,
            template: page.template("model-template")?,
            offered: page.slot("offered")?,
            stored: page.slot("stored")?,
            stored_facts: page.slot("stored-facts")?,
            typed: page.input("model-typed")?,
            token: page.input("model-token")?,
            keep_token: page.input("model-keep-token")?,
            hub: page.input("model-hub")?,
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
        self.keep_token.set_checked(models.remembered.token.is_some());
        self.stored_facts.text(&stored_facts(models));
        self.draw_lists(lines(models));
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
            offer.name.text(&line.name);
            offer.tag.text(line.tag);
            offer.facts.text(&line.facts);
            offer.fit.text(line.fit);
            offer.load.text(line.action);
            offer.delete.show(line.stored);
            let list = if line.stored { &self.stored } else { &self.offered };
            let added = list.element().append_child(&offer.item);
            debug_assert!(added.is_ok(), "a list takes items");
        }
        self.drawn = lines;
    }
}

fn lines(models: &Models) -> Vec<Line> {
    let demo = Line {
        stored: false,
        name: "demo".into(),
        tag: "comes with the page",
        facts: "A few million parameters, trained on little stories".into(),
        fit: "",
        action: "Load",
    };
    let offered = models.catalogue.iter().flat_map(|catalogue| &catalogue.models);
    let offered = offered.map(|entry| {
        let name = entry.id.to_string();
        let stored = models.is_stored(&name);
        Line {
            stored: false,
            tag: match (stored, entry.default) {
                (true, _) => "kept by this browser",
                (false, true) => "default",
                (false, false) => "",
            },
            facts: format!(
                "{} parameters · {} · {} · {}",
                format::short_count(entry.parameters),
                format::bytes(entry.download_bytes as f64),
                entry.licence,
                entry.note
            ),
            fit: fit(models.fit(entry.download_bytes, stored)),
            action: if stored { "Load" } else { "Download" },
            name,
        }
    });
    let stored = models.stored.iter().flat_map(|stored| &stored.models);
    let stored = stored.map(|StoredModel { name, bytes, total }| {
        let whole = bytes == total;
        Line {
            stored: true,
            name: name.clone(),
            tag: "",
            facts: match whole {
                true => format::bytes(*total as f64),
                false => format!(
                    "{} of {}",
                    format::bytes(*bytes as f64),
                    format::bytes(*total as f64)
                ),
            },
            fit: "",
            action: if whole { "Load" } else { "Go on" },
        }
    });
    std::iter::once(demo).chain(offered).chain(stored).collect()
}

fn fit(fit: Fit) -> &'static str {
    match fit {
        Fit::Fits => "",
        Fit::NotStored => {
            "No room to keep it: delete others first, or it is downloaded each time."
        }
        Fit::Tight => "This device may have too little memory: take a smaller one.",
        Fit::TooLarge => {
            "Too large for a browser: take a smaller one, or the native server."
        }
    }
}

fn stored_facts(models: &Models) -> String {
    let Some(stored) = &models.stored else { return "Looking…".into() };
    let none = if stored.models.is_empty() { "None yet. " } else { "" };
    match (stored.used, stored.quota) {
        (Some(used), Some(quota)) => format!(
            "{none}{} of {} that the browser allows are used.",
            format::bytes(used as f64),
            format::bytes(quota as f64)
        ),
        _ => none.into(),
    }
}
