//! The model picker: its lists and fields.

use web_sys::{HtmlDialogElement, HtmlInputElement, HtmlSelectElement};

use super::hub_files::{file_lines, what_is_said};
use super::model_list::{ModelLine, ModelList, lines, spelled};
use crate::dom::{Slot, set};
use crate::elements::{ModelElements, Page, Template};
use crate::state::{BackendKind, Models, State, host_of, token_not_sent};
use crate::texts::models as texts;

/// The elements of the picker.
#[derive(Debug)]
pub(super) struct ModelsView {
    dialog: HtmlDialogElement,
    template: Template,
    precision: HtmlSelectElement,
    filter: HtmlInputElement,
    offered: Slot,
    on_server: Slot,
    server_models: Slot,
    files: Slot,
    files_said: Slot,
    stored: Slot,
    stored_meter: Slot,
    stored_facts: Slot,
    hub_name: Slot,
    place: Slot,
    typed: HtmlInputElement,
    typed_error: Slot,
    token: HtmlInputElement,
    token_hint: Slot,
    keep_token: HtmlInputElement,
    hub: HtmlInputElement,
    server: Slot,
    notice: Slot,
    notice_text: Slot,
    /// The lists as they are shown.
    shown: Vec<ModelLine>,
}

impl ModelsView {
    pub(super) fn new(page: &Page) -> Result<ModelsView, String> {
        Ok(ModelsView {
            dialog: page.dialog("models")?,
            template: page.template("model-template")?,
            precision: page.select("model-precision")?,
            filter: page.input("model-filter")?,
            offered: page.slot("offered")?,
            on_server: page.slot("on-server")?,
            server_models: page.slot("server-models")?,
            files: page.slot("hub-files")?,
            files_said: page.slot("hub-files-said")?,
            stored: page.slot("stored")?,
            stored_meter: page.slot("stored-meter")?,
            stored_facts: page.slot("stored-facts")?,
            hub_name: page.slot("models-hub")?,
            place: page.slot("models-place")?,
            typed: page.input("model-typed")?,
            typed_error: page.slot("model-typed-error")?,
            token: page.input("model-token")?,
            token_hint: page.slot("model-token-hint")?,
            keep_token: page.input("model-keep-token")?,
            hub: page.input("model-hub")?,
            server: page.slot("model-server")?,
            notice: page.slot("notice")?,
            notice_text: page.slot("notice-text")?,
            shown: Vec::new(),
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let models = &state.models;
        self.notice.show(models.notice.is_some());
        self.notice_text.text(models.notice.as_deref().unwrap_or_default());
        if models.open != self.dialog.open() {
            match models.open {
                true => {
                    // This fails only if the dialog is open.
                    let _ = self.dialog.show_modal();
                }
                false => self.dialog.close(),
            }
        }
        if !models.open {
            return;
        }
        for (input, value) in [
            (&self.filter, models.filter.as_str()),
            (&self.typed, models.typed.as_str()),
            (&self.token, models.token_text()),
            (&self.hub, models.hub_text()),
        ] {
            if input.value() != value {
                input.set_value(value);
            }
        }
        self.hub_name.text(&hub_name(models));
        let elsewhere = runs_elsewhere(state);
        self.place.show(elsewhere.is_some());
        self.place.text(&elsewhere.unwrap_or_default());
        self.typed_error.show(models.typed_error.is_some());
        self.typed_error.text(models.typed_error.as_deref().unwrap_or_default());
        let said = what_is_said(models);
        self.files_said.show(said.is_some());
        self.files_said.text(&said.unwrap_or_default());
        self.token_hint.text(&token_hint(models));
        let precision = spelled(models.precision);
        if self.precision.value() != precision {
            self.precision.set_value(precision);
        }
        self.keep_token.set_checked(models.keeps_token());
        let server = models.of_server.as_ref().filter(|server| !server.ids.is_empty());
        self.server.show(server.is_some());
        self.server.text(
            &server.map_or_else(String::new, |server| texts::of_server(server.ids.len())),
        );
        self.render_room(models);
        let mut all = lines(state);
        all.extend(file_lines(models));
        self.render_lists(all);
    }

    /// Renders how much is stored, of how much the browser allows.
    fn render_room(&self, models: &Models) {
        let Some(stored) = &models.stored else {
            self.stored_meter.show(false);
            return self.stored_facts.text(texts::LOOKING.get());
        };
        let any = !stored.models.is_empty();
        let known = stored.used.zip(stored.quota).filter(|(_, quota)| *quota > 0);
        self.stored_meter.show(known.is_some());
        let Some((used, quota)) = known else {
            return self.stored_facts.text(if any {
                ""
            } else {
                texts::NONE_SAVED.get()
            });
        };
        let (used, quota) = (used as f64, quota as f64);
        self.stored_meter.attribute("value", Some(&format!("{:.4}", used / quota)));
        self.stored_facts.text(&texts::room(any, used, quota));
    }

    fn render_lists(&mut self, lines: Vec<ModelLine>) {
        if lines == self.shown {
            return;
        }
        let is_of_server = |line: &ModelLine| line.list == ModelList::Server;
        self.on_server.show(lines.iter().any(is_of_server));
        for list in [&self.offered, &self.server_models, &self.files, &self.stored] {
            list.element().set_text_content(None);
        }
        for line in &lines {
            let Ok(offer) = ModelElements::new(&self.template) else { continue };
            set(&offer.item, "data-model", &line.name);
            if let Some(precision) = line.stored {
                set(&offer.item, "data-precision", spelled(precision));
            }
            let (owner, name) = match line.name.split_once('/') {
                // The name of a file or an address is shown as a whole.
                Some((owner, name)) if !name.contains('/') => (format!("{owner}/"), name),
                _ => (String::new(), line.title.as_deref().unwrap_or(&line.name)),
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
            if line.tag == texts::DEFAULT {
                offer.load.attribute("class", Some("load primary"));
            }
            let title = line.title.as_deref().unwrap_or(&line.name);
            let said = texts::action_label(&line.action, title);
            offer.load.attribute("aria-label", Some(&said));
            offer.delete.attribute("aria-label", Some(&texts::delete_label(title)));
            offer.delete.show(line.stored.is_some());
            if is_of_server(line) {
                offer.load.attribute("data-action", Some("choose-on-server"));
            }
            let list = match line.list {
                ModelList::Offered => &self.offered,
                ModelList::Server => &self.server_models,
                ModelList::Files => &self.files,
                ModelList::Stored => &self.stored,
            };
            let added = list.element().append_child(&offer.item);
            debug_assert!(added.is_ok(), "a list takes items");
        }
        self.shown = lines;
    }
}

/// The hub that models come from, as a sentence.
fn hub_name(models: &Models) -> String {
    match models.hub() {
        Ok(hub) => texts::hub(&host_of(hub.as_str()), models.visiting.is_some()),
        Err(_) => texts::NO_HUB.into(),
    }
}

/// Where a model that is chosen here runs, if that is not where the current one runs.
fn runs_elsewhere(state: &State) -> Option<String> {
    let engine = &state.engine;
    if engine.backend != BackendKind::Native {
        return None;
    }
    let server = engine.server_name();
    let model = engine.model.as_ref().map(|model| model.name.as_str());
    Some(texts::runs_elsewhere(&server, model))
}

/// The hub that the access token is sent to.
fn token_hint(models: &Models) -> String {
    match models.token_origin() {
        Some(origin) if origin.is_private() => texts::token_goes_to(&origin.host()),
        Some(origin) => token_not_sent(&origin),
        None => match models.hub() {
            Ok(_) => texts::NO_TOKEN.into(),
            Err(message) => message,
        },
    }
}
