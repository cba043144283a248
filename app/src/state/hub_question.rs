//! The question whether to use a hub that the person has not chosen.

use hub::Endpoint;
use protocol::Precision;

/// A hub that the person has not chosen, and the model that is to be loaded from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HubQuestion {
    pub(crate) endpoint: Endpoint,
    /// The name of the model; none to load none.
    pub(crate) model: Option<String>,
    pub(crate) precision: Option<Precision>,
    pub(crate) asked_by: AskedBy,
}

/// What names the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedBy {
    /// The address of the page.
    Link,
    /// Settings of an earlier version, which also stored hubs of links.
    OldSettings,
}

impl HubQuestion {
    /// Asks whether to go on with the hub that an earlier version stored.
    pub(crate) fn of_old_settings(endpoint: Endpoint) -> HubQuestion {
        let asked_by = AskedBy::OldSettings;
        HubQuestion { endpoint, model: None, precision: None, asked_by }
    }
}
