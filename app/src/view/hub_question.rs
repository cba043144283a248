//! The dialog that asks whether to use a hub that the person has not chosen.

use hub::Endpoint;
use web_sys::HtmlDialogElement;

use crate::dom::Slot;
use crate::elements::Page;
use crate::state::{AskedBy, HubQuestion, State};

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
        self.title.text(match asked_by {
            AskedBy::Link => "This link wants to load models from another hub",
            AskedBy::OldSettings => "Models were last loaded from another hub",
        });
        self.accept.text(match asked_by {
            AskedBy::Link => "Use it for this visit",
            AskedBy::OldSettings => "Keep using it",
        });
        self.address.text(endpoint.as_str());
        let model =
            model.as_deref().map(|name| format!("It would load {name} from there. "));
        self.what.text(&format!(
            "{}Whoever runs that hub sees which models are asked for, and may give out \
             anything under a known name. No access token is sent there unless you type \
             one for it.",
            model.unwrap_or_default()
        ));
        let own = Endpoint::new(&state.models.remembered.hub).unwrap_or_default();
        self.stay.text(&format!("Stay with {}", crate::state::host_of(own.as_str())));
        if !self.dialog.open() {
            // This fails only if the dialog is open.
            let _ = self.dialog.show_modal();
        }
    }
}
