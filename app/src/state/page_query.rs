//! What the address of the page asks for. Anyone can make such an address.

use hub::Endpoint;
use protocol::Precision;

use super::web_origin::WebOrigin;
use super::{Problem, Remedy, State};

/// The parts of the page's address that mean something.
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
}

/// A hub that nobody has chosen yet, with what is wanted from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubQuestion {
    pub(crate) endpoint: Endpoint,
    /// The model that is to be loaded from there.
    pub(crate) model: Option<String>,
    pub(crate) precision: Option<Precision>,
    pub(crate) asked_by: AskedBy,
}

/// Who names the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedBy {
    /// The address of the page.
    Link,
    /// Settings that an earlier version kept, which took them from links, too.
    OldSettings,
}

impl HubQuestion {
    /// Whether the hub that an earlier version kept is wanted.
    pub(crate) fn of_old_settings(endpoint: Endpoint) -> HubQuestion {
        let asked_by = AskedBy::OldSettings;
        HubQuestion { endpoint, model: None, precision: None, asked_by }
    }
}

impl PageQuery {
    /// Takes what the address asks for into the state, once it holds what was kept. A hub
    /// that the person has not chosen becomes a question, and the rest of the address
    /// waits for the answer.
    pub(crate) fn apply(self, state: &mut State) {
        state.engine.page = self.page;
        // What this tab agreed to is agreed to for as long as its address says so.
        let agreed = state.models.visiting.take();
        let precision = self.precision.as_deref().and_then(Precision::named);
        let model = self.model.filter(|name| !name.trim().is_empty());
        if let Some(named) = self.hub.filter(|hub| !hub.trim().is_empty()) {
            let Ok(endpoint) = Endpoint::new(&named) else {
                state.error = Some(Problem {
                    hint: Some("The link was ignored.".into()),
                    ..Problem::new(format!(
                        "This link names a hub that is not one: “{named}”."
                    ))
                });
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
            // Whoever names a model in the address names its precision there, too.
            state.models.precision = Precision::Auto;
        }
        state.engine.precision = state.models.precision;
        let Some(name) = model else { return };
        match state.models.source(&name) {
            Ok(source) => {
                state.models.missing_files.clear();
                state.engine.source = source;
            }
            Err(message) => {
                state.error =
                    Some(Problem { remedy: Remedy::None, ..Problem::new(message) });
            }
        }
    }
}

impl super::Models {
    /// Whether a hub needs no question: the default one, the one that the person chose,
    /// and whatever is on the page's own host.
    fn trusts(&self, endpoint: &Endpoint, page: &str) -> bool {
        let origin = WebOrigin::of(endpoint.as_str());
        let own = origin.is_some() && origin == WebOrigin::of(page);
        *endpoint == Endpoint::default()
            || Endpoint::new(&self.remembered.hub).as_ref() == Ok(endpoint)
            || own
    }
}
