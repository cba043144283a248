//! The models that can be chosen: those on offer, those that the browser stores, what
//! was typed, and what of it is remembered.

use hub::{Catalogue, Endpoint, Reference};
use protocol::{HubModel, ModelSource, Precision, StoredModels};
use serde::{Deserialize, Serialize};

/// The picker.
#[derive(Debug, Default)]
pub(crate) struct Models {
    pub(crate) open: bool,
    /// What is on offer; none before it is read.
    pub(crate) catalogue: Option<Catalogue>,
    /// What the browser stores; none before it is known.
    pub(crate) stored: Option<StoredModels>,
    /// The models of the page's own server, if that is a native server.
    pub(crate) of_server: Option<ServerModels>,
    /// The number format in which models are to be loaded.
    pub(crate) precision: Precision,
    /// What was typed as a model.
    pub(crate) typed: String,
    /// The access token.
    pub(crate) token: String,
    pub(crate) remembered: Remembered,
    /// The device's memory, in bytes, as far as it can be told.
    pub(crate) device_memory: Option<f64>,
    /// What the engine said while it loaded.
    pub(crate) notice: Option<String>,
}

/// What a later visit of any tab finds again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    /// The model that was chosen last, by its name on the hub.
    pub(crate) model: Option<String>,
    /// The precision that it was chosen in.
    pub(crate) precision: Precision,
    /// It has been ready, so it is in storage unless the browser deleted it.
    pub(crate) was_ready: bool,
    /// The hub's address; empty for the usual one.
    pub(crate) endpoint: String,
    /// The access token, if it is to be kept.
    pub(crate) token: Option<String>,
}

/// What a native server gives out of its cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerModels {
    /// The address, as that of a hub.
    pub(crate) endpoint: String,
    /// The names of the models.
    pub(crate) ids: Vec<String>,
}

impl Models {
    /// The source of a model that is named: the demo, a file's or folder's address, or a
    /// model of the hub.
    pub(crate) fn source(&self, name: &str) -> ModelSource {
        let name = name.trim();
        let on_hub = || {
            let endpoint = Endpoint::new(&self.remembered.endpoint).ok()?;
            let reference = Reference::parse(name, &endpoint).ok()?;
            reference.id.as_str().contains('/').then_some(reference)
        };
        if name.is_empty() || name == "demo" {
            return ModelSource::Demo;
        }
        let Some(reference) = on_hub() else {
            return ModelSource::Address { url: name.into() };
        };
        let whole = reference.revision.is_none() && reference.file.is_none();
        let twin = self.catalogue.as_ref().filter(|_| whole);
        let twin = twin.and_then(|catalogue| catalogue.twin(&reference.id));
        let token = Some(self.token.trim().to_owned()).filter(|token| !token.is_empty());
        let chosen = self.remembered.endpoint.trim();
        let nearest = self.of_server.as_ref().filter(|server| {
            let has = |id: &str| server.ids.iter().any(|known| known == id);
            has(reference.id.as_str()) || twin.is_some_and(|twin| has(twin.id.as_str()))
        });
        let endpoint = match nearest {
            Some(server) if chosen.is_empty() => server.endpoint.clone(),
            _ => chosen.to_owned(),
        };
        ModelSource::Hub(HubModel {
            // An address and a name of the same model are one model in storage.
            name: canonical(&reference),
            endpoint,
            token,
            twin: twin.map(|twin| twin.id.to_string()),
            stored_only: false,
        })
    }

    /// Whether a model is stored as a whole, in the precision that is chosen.
    pub(crate) fn is_stored(&self, name: &str) -> bool {
        let precision = as_stored(self.precision);
        self.stored.iter().flat_map(|stored| &stored.models).any(|model| {
            let same = model.name == name && as_stored(model.precision) == precision;
            same && model.bytes == model.total
        })
    }
}

/// 8 bits are what is taken if nothing is said, so the two are one in storage.
pub(crate) fn as_stored(precision: Precision) -> Precision {
    match precision {
        Precision::Q8 => Precision::Auto,
        other => other,
    }
}

/// The shortest name that means the same.
fn canonical(reference: &Reference) -> String {
    let Reference { id, revision, file } = reference;
    let mut name = id.to_string();
    match (revision, file) {
        (None, Some(file)) => name += &format!("/{file}"),
        (Some(revision), None) => name += &format!("@{revision}"),
        // There is no shorter way to say both than the address.
        (Some(revision), Some(file)) => {
            return format!("{}/{id}/resolve/{revision}/{file}", hub::DEFAULT_ENDPOINT);
        }
        (None, None) => {}
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(source: ModelSource) -> String {
        match source {
            ModelSource::Demo => "demo".into(),
            ModelSource::Address { url } => format!("address {url}"),
            ModelSource::Hub(model) => format!("hub {}", model.name),
            ModelSource::Files { .. } => "files".into(),
        }
    }

    #[test]
    fn what_is_typed_is_a_model_of_the_hub_or_an_address() {
        let models = Models::default();
        for (typed, expected) in [
            ("", "demo"),
            ("demo", "demo"),
            ("owner/name", "hub owner/name"),
            (" owner/name@v1 ", "hub owner/name@v1"),
            ("owner/name/x.gguf", "hub owner/name/x.gguf"),
            ("https://huggingface.co/owner/name", "hub owner/name"),
            ("model/", "address model/"),
            ("./owner/name", "address ./owner/name"),
            ("https://example.org/x.gguf", "address https://example.org/x.gguf"),
        ] {
            assert_eq!(name_of(models.source(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn what_the_pages_own_server_has_comes_from_there_unless_a_hub_is_named() {
        let endpoint = "http://localhost:5005/hub";
        let of_server =
            ServerModels { endpoint: endpoint.into(), ids: vec!["a/b".into()] };
        let mut models = Models { of_server: Some(of_server), ..Models::default() };
        let from = |models: &Models, name: &str| match models.source(name) {
            ModelSource::Hub(model) => model.endpoint,
            other => panic!("{other:?}"),
        };
        assert_eq!(from(&models, "a/b"), endpoint);
        assert_eq!(from(&models, "a/c"), "");
        models.remembered.endpoint = "https://hub.example".into();
        assert_eq!(from(&models, "a/b"), "https://hub.example");
    }
}
