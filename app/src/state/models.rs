//! The model picker: the models on offer and in storage, what was typed into its fields, and
//! the hub and access tokens of this visit.

use hub::{Catalogue, Endpoint, StoredName};
use protocol::{HubFiles, HubModel, LocalFile, Precision, StoredModel, StoredModels};

use super::access_tokens::AccessTokens;
use super::hub_question::HubQuestion;
use super::remembered::Remembered;
use super::web_origin::WebOrigin;
use crate::texts::engine as texts;

/// The state of the model picker.
#[derive(Debug, Default)]
pub(crate) struct Models {
    pub(crate) open: bool,
    /// The models on offer; none before the list is read.
    pub(crate) catalogue: Option<Catalogue>,
    /// The models that the browser stores; none before the list is known.
    pub(crate) stored: Option<StoredModels>,
    /// The models of the page's own server, if that is a native server.
    pub(crate) of_server: Option<ServerModels>,
    /// The models that the native server in use could run.
    pub(crate) on_server: Vec<StoredModel>,
    /// The number format to load models in.
    pub(crate) precision: Precision,
    /// The words that the models on offer have to contain to be listed.
    pub(crate) filter: String,
    /// The text in the field for a model's name.
    pub(crate) typed: String,
    /// The files of the model of that name, if the person has asked for them.
    pub(crate) files: Option<FileList>,
    /// Why that text names no model.
    pub(crate) typed_error: Option<String>,
    /// The text in the field for the hub's address.
    pub(crate) hub_typed: String,
    /// A hub for this visit only, which a link named and the person agreed to.
    pub(crate) visiting: Option<Endpoint>,
    /// The question about a hub that the person has to answer.
    pub(crate) question: Option<HubQuestion>,
    /// The access tokens of this visit.
    pub(crate) tokens: AccessTokens,
    pub(crate) remembered: Remembered,
    /// The names of the files of the last visit's model, which have to be found again.
    pub(crate) missing_files: Vec<String>,
    /// The device's memory in bytes; none if unknown.
    pub(crate) device_memory: Option<f64>,
    /// A notice about the model, which stays until it is dismissed.
    pub(crate) notice: Option<String>,
}

/// The GGUF files of a model of a hub, to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileList {
    /// The hub is asked.
    Asked,
    /// These are there.
    Found(HubFiles),
    /// It cannot be known, for this reason.
    Failed(String),
}

/// Whether the files of an earlier visit are found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundFiles {
    /// They are found.
    Files(Vec<LocalFile>),
    /// They are found, but the person has to allow the page to read them.
    NotAllowed,
    /// They are not found: the person has to choose them again.
    Gone,
}

/// The models that a native server shares from its cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerModels {
    /// The address of the hub that the server is for others.
    pub(crate) endpoint: String,
    /// The names of the models.
    pub(crate) ids: Vec<String>,
}

impl Models {
    /// The hub that models come from.
    ///
    /// # Errors
    /// A sentence, if the field holds no address of a hub.
    pub(crate) fn hub(&self) -> Result<Endpoint, String> {
        match &self.visiting {
            Some(endpoint) => Ok(endpoint.clone()),
            None => Endpoint::new(&self.hub_typed).map_err(|error| error.to_string()),
        }
    }

    /// The hub's address as the field shows it.
    pub(crate) fn hub_text(&self) -> &str {
        self.visiting.as_ref().map_or(&self.hub_typed, Endpoint::as_str)
    }

    /// The origin that an access token in the field is for; none if it is for none.
    pub(crate) fn token_origin(&self) -> Option<WebOrigin> {
        WebOrigin::of(self.hub().ok()?.as_str())
    }

    /// The access token for the current hub, as the field shows it.
    pub(crate) fn token_text(&self) -> &str {
        let origin = self.token_origin();
        origin.and_then(|origin| self.tokens.typed_for(&origin)).unwrap_or_default()
    }

    /// Whether that token is stored for later visits.
    pub(crate) fn keeps_token(&self) -> bool {
        let origin = self.token_origin();
        origin.is_some_and(|origin| self.remembered.tokens.typed_for(&origin).is_some())
    }

    /// Whether a model is of a hub that the page may ask unprompted: the default one, or the
    /// one that the person chose.
    pub(crate) fn is_of_chosen_hub(&self, model: &HubModel) -> bool {
        let hub = StoredName::parse(&model.name).endpoint;
        hub == Endpoint::default()
            || Endpoint::new(&self.remembered.hub).as_ref() == Ok(&hub)
    }

    /// A notice if the access token for a model's hub is not sent there.
    pub(crate) fn token_withheld(&self, model: &HubModel) -> Option<String> {
        let origin = WebOrigin::of(&model.endpoint)?;
        self.tokens.withholds(&origin).then(|| token_not_sent(&origin))
    }

    /// Takes over what another tab has stored.
    pub(crate) fn take_remembered(&mut self, now: Remembered) {
        if self.hub_typed.trim() == self.remembered.hub {
            self.hub_typed.clone_from(&now.hub);
        }
        self.remembered = now;
    }

    /// Whether a model is stored completely in the chosen precision.
    pub(crate) fn is_stored(&self, name: &str) -> bool {
        self.is_stored_in(name, self.precision)
    }

    /// Whether a model is stored completely in a precision.
    pub(crate) fn is_stored_in(&self, name: &str, precision: Precision) -> bool {
        let precision = stored_precision(precision);
        self.stored.iter().flat_map(|stored| &stored.models).any(|model| {
            let same =
                model.name == name && stored_precision(model.precision) == precision;
            same && model.bytes == model.total
        })
    }
}

/// Why an access token is not sent.
pub(crate) fn token_not_sent(origin: &WebOrigin) -> String {
    texts::token_not_sent(&origin.host())
}

/// The precision that a model is stored under: 8 bits are the default, so both are the same
/// in storage.
pub(crate) fn stored_precision(precision: Precision) -> Precision {
    match precision {
        Precision::Q8 => Precision::Auto,
        other => other,
    }
}
