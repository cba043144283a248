//! The dialog that asks whether to use a hub that the person has not chosen.

use hub::Endpoint;
use web_sys::HtmlDialogElement;

use crate::dom::Slot;
use crate::elements::Page;
use crate::state::{HubQuestion, State};
use crate::texts::models as texts;

/// The elements of the dialog.
#[derive(Debug)]
pub(super) struct HubQuestionView {
    dialog: HtmlDialogElement,
    title: Slot,
    address: Slot,
    what: Slot,
    stay: Slot,
    accept: Slot,
}

impl HubQuestionView {
    pub(super) fn new(page: &Page) -> Result<HubQuestionView, String> {
        Ok(HubQuestionView {
            dialog: page.dialog("hub-question")?,
            title: page.slot("hub-question-title")?,
            address: page.slot("hub-question-address")?,
            what: page.slot("hub-question-what")?,
            stay: page.slot("stay-with-hub")?,
            accept: page.slot("use-hub")?,
        })
    }

    pub(super) fn render(&self, state: &State) {
        let Some(question) = &state.models.question else {
            if self.dialog.open() {
                self.dialog.close();
            }
            return;
        };
        let HubQuestion { endpoint, model, asked_by, .. } = question;
        self.title.text(texts::hub_question(*asked_by));
        self.accept.text(texts::use_hub(*asked_by));
        self.address.text(endpoint.as_str());
        self.what.text(&texts::hub_risk(model.as_deref()));
        let own = Endpoint::new(&state.models.remembered.hub).unwrap_or_default();
        self.stay.text(&texts::stay_with_hub(&crate::state::host_of(own.as_str())));
        if !self.dialog.open() {
            // This fails only if the dialog is open.
            let _ = self.dialog.show_modal();
        }
    }
}
