//! The models that can be chosen: those on offer, those that the browser stores, what
//! was typed, and what of it is remembered.

use hub::{Catalogue, Endpoint, Reference};
use protocol::{HubModel, ModelSource, StoredModels};
use serde::{Deserialize, Serialize};

/// Memory that a WebAssembly program can have, in bytes.
const MOST_MEMORY: f64 = 4e9;
/// A model is in memory twice for a moment: its file, and its weights as they are used;
/// and there is what it computes.
const COPIES: f64 = 2.3;
/// What a page can have of a device's memory at most.
const SHARE_OF_DEVICE: f64 = 0.7;

/// The picker.
#[derive(Debug, Default)]
pub(crate) struct Models {
    pub(crate) open: bool,
    /// What is on offer; none before it is read.
    pub(crate) catalogue: Option<Catalogue>,
    /// What the browser stores; none before it is known.
    pub(crate) stored: Option<StoredModels>,
    /// What was typed as a model.
    pub(crate) typed: String,
    /// The access token.
    pub(crate) token: String,
    pub(crate) remembered: Remembered,
    /// The device's memory, in bytes, where the browser tells.
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
    /// It has been ready, so it is in storage unless the browser deleted it.
    pub(crate) was_ready: bool,
    /// The hub's address; empty for the usual one.
    pub(crate) endpoint: String,
    /// The access token, if it is to be kept.
    pub(crate) token: Option<String>,
}

/// Whether a model can be expected to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It can.
    Fits,
    /// There is no room to store it: it is downloaded each time.
    NotStored,
    /// The device may have too little memory.
    Tight,
    /// No browser can run it.
    TooLarge,
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
        ModelSource::Hub(HubModel {
            // An address and a name of the same model are one model in storage.
            name: canonical(&reference),
            endpoint: self.remembered.endpoint.trim().to_owned(),
            token,
            twin: twin.map(|twin| twin.id.to_string()),
            stored_only: false,
        })
    }

    /// Whether a model of so many bytes can be expected to run here.
    pub(crate) fn fit(&self, bytes: u64, stored: bool) -> Fit {
        let needed = bytes as f64 * COPIES;
        if needed > MOST_MEMORY {
            return Fit::TooLarge;
        }
        if self.device_memory.is_some_and(|memory| needed > memory * SHARE_OF_DEVICE) {
            return Fit::Tight;
        }
        let room =
            self.stored.as_ref().and_then(|s| Some(s.quota? - s.used?.min(s.quota?)));
        match room {
            Some(room) if room < bytes && !stored => Fit::NotStored,
            _ => Fit::Fits,
        }
    }

    /// Whether a model is stored as a whole.
    pub(crate) fn is_stored(&self, name: &str) -> bool {
        self.stored
            .iter()
            .flat_map(|stored| &stored.models)
            .any(|model| model.name == name && model.bytes == model.total)
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
    fn it_is_said_beforehand_whether_a_model_fits() {
        let stored = StoredModels { used: Some(100), quota: Some(1_000), models: vec![] };
        let models = Models {
            device_memory: Some(2e9),
            stored: Some(stored),
            ..Models::default()
        };
        assert_eq!(models.fit(500, false), Fit::Fits);
        assert_eq!(models.fit(950, false), Fit::NotStored);
        assert_eq!(models.fit(950, true), Fit::Fits);
        assert_eq!(models.fit(700_000_000, true), Fit::Tight);
        assert_eq!(models.fit(3_000_000_000, true), Fit::TooLarge);
    }
}
