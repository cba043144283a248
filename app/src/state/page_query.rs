//! The parameters of the page's address. Anyone can make a link with any of them.

use hub::Endpoint;
use protocol::Precision;

use super::explorer::WhenReady;
use super::hub_question::{AskedBy, HubQuestion};
use super::models::Models;
use super::page::State;
use super::problem::Problem;
use super::tab::Tab;
use super::web_origin::WebOrigin;
use crate::texts::engine as texts;

/// The page's address and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageQuery {
    /// The page's own address.
    pub(crate) page: String,
    /// `?hub=`
    pub(crate) hub: Option<String>,
    /// `?model=`
    pub(crate) model: Option<String>,
    /// `?precision=`
    pub(crate) precision: Option<String>,
    /// `?lesson=`: the name of a lesson beside the page, or its address.
    pub(crate) lesson: Option<String>,
    /// `?text=`: a prompt, which is how other apps share a text with an installed page.
    pub(crate) text: Option<String>,
}

impl PageQuery {
    /// Applies the parameters to a state that holds what was stored. A hub that the person has
    /// not chosen becomes a question, and the other parameters wait for the answer.
    pub(crate) fn apply(self, state: &mut State) {
        state.engine.page = self.page;
        state.first_lesson = self.lesson;
        if let Some(text) = self.text {
            state.explorer.prompt = text;
            state.explorer.when_ready = WhenReady::Start;
            state.tab = Tab::Explorer;
        }
        // A hub that this tab agreed to stays agreed to while its address names it.
        let agreed = state.models.visiting.take();
        let precision = self.precision.as_deref().and_then(Precision::named);
        let model = self.model.filter(|name| !name.trim().is_empty());
        if let Some(named) = self.hub.filter(|hub| !hub.trim().is_empty()) {
            let Ok(endpoint) = Endpoint::new(&named) else {
                state.error = Some(Problem::with_hint(
                    texts::link_without_hub(&named),
                    texts::LINK_IGNORED,
                ));
                return;
            };
            let trusted = agreed.as_ref() == Some(&endpoint)
                || state.models.trusts(&endpoint, &state.engine.page);
            if !trusted {
                let asked_by = AskedBy::Link;
                let question = HubQuestion { endpoint, model, precision, asked_by };
                state.models.question = Some(question);
                return;
            }
            state.models.visiting = Some(endpoint);
        }
        if let Some(precision) = precision {
            state.models.precision = precision;
        } else if model.is_some() {
            // An address that names a model and no precision means the default one.
            state.models.precision = Precision::Auto;
        }
        state.engine.precision = state.models.precision;
        let Some(name) = model else { return };
        match state.models.source(&name) {
            Ok(source) => {
                state.models.missing_files.clear();
                state.engine.source = source;
            }
            Err(message) => state.error = Some(Problem::new(message)),
        }
    }
}

impl Models {
    /// Whether a hub needs no question: the default one, the one that the person chose, and
    /// any of the page's own origin.
    pub(crate) fn trusts(&self, endpoint: &Endpoint, page: &str) -> bool {
        let origin = WebOrigin::of(endpoint.as_str());
        let own = origin.is_some() && origin == WebOrigin::of(page);
        *endpoint == Endpoint::default()
            || Endpoint::new(&self.remembered.hub).as_ref() == Ok(endpoint)
            || own
    }
}
