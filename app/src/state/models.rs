//! The models that can be chosen: those on offer, those that the browser stores, and what
//! was typed.

use hub::{Catalogue, Endpoint, Named, Reference, StoredName};
use protocol::{HubModel, LocalFile, ModelSource, Precision, StoredModels};

use super::access_tokens::AccessTokens;
use super::page_query::HubQuestion;
use super::remembered::Remembered;
use super::web_origin::{WebOrigin, host_of};

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
    /// Why that cannot be loaded.
    pub(crate) typed_error: Option<String>,
    /// What was typed as the hub's address.
    pub(crate) hub_typed: String,
    /// The hub of this visit, which is not remembered.
    pub(crate) visiting: Option<Endpoint>,
    /// A hub that the person is asked about.
    pub(crate) question: Option<HubQuestion>,
    /// The access tokens of this visit.
    pub(crate) tokens: AccessTokens,
    pub(crate) remembered: Remembered,
    /// The files of the last visit's model, which have to be chosen again.
    pub(crate) missing_files: Vec<String>,
    /// The device's memory, in bytes, as far as it can be told.
    pub(crate) device_memory: Option<f64>,
    /// What the engine said while it loaded.
    pub(crate) notice: Option<String>,
}

/// What became of files that were chosen in an earlier visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundFiles {
    /// They are there.
    Files(Vec<LocalFile>),
    /// They are there if the person lets the page read them.
    NotAllowed,
    /// They have to be chosen again.
    Gone,
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
    /// The hub that models come from.
    ///
    /// # Errors
    /// A sentence, if what was typed is not the address of one.
    pub(crate) fn hub(&self) -> Result<Endpoint, String> {
        match &self.visiting {
            Some(endpoint) => Ok(endpoint.clone()),
            None => Endpoint::new(&self.hub_typed).map_err(|error| error.to_string()),
        }
    }

    /// Its address, as the field shows it.
    pub(crate) fn hub_text(&self) -> &str {
        self.visiting.as_ref().map_or(&self.hub_typed, Endpoint::as_str)
    }

    /// Whom an access token that is typed now is for.
    pub(crate) fn token_origin(&self) -> Option<WebOrigin> {
        WebOrigin::of(self.hub().ok()?.as_str())
    }

    /// What was typed as the access token of the hub at hand.
    pub(crate) fn token_text(&self) -> &str {
        let origin = self.token_origin();
        origin.and_then(|origin| self.tokens.typed_for(&origin)).unwrap_or_default()
    }

    /// Whether that token outlives the visit.
    pub(crate) fn keeps_token(&self) -> bool {
        let origin = self.token_origin();
        origin.is_some_and(|origin| self.remembered.tokens.typed_for(&origin).is_some())
    }

    /// The source of a model that is named: the demo, a file's or folder's address, or a
    /// model of the hub.
    ///
    /// # Errors
    /// A sentence, if it is none of these.
    pub(crate) fn source(&self, name: &str) -> Result<ModelSource, String> {
        let name = name.trim();
        if name.is_empty() || name == "demo" {
            return Ok(ModelSource::Demo);
        }
        let stored = StoredName::parse(name);
        let other_hub = (!stored.is_of_default_hub()).then_some(stored.endpoint);
        let endpoint = other_hub.clone().map_or_else(|| self.hub(), Ok)?;
        match Named::parse(&stored.name, &endpoint) {
            Ok(Named::Hub(reference)) => {
                Ok(ModelSource::Hub(self.on_hub(&reference, endpoint)))
            }
            Ok(Named::File(url) | Named::Folder(url)) => Ok(ModelSource::Address { url }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A model as it is asked for from a hub.
    fn on_hub(&self, reference: &Reference, endpoint: Endpoint) -> HubModel {
        let twin = self.catalogue.as_ref().filter(|_| reference.is_plain());
        let twin = twin.and_then(|catalogue| catalogue.twin(&reference.id));
        let is_default = endpoint == Endpoint::default();
        let nearest = self.of_server.as_ref().filter(|server| {
            let has = |id: &str| server.ids.iter().any(|known| known == id);
            has(reference.id.as_str()) || twin.is_some_and(|twin| has(twin.id.as_str()))
        });
        // The page's own host is trusted with what the default hub calls by a name: the
        // page itself comes from there.
        let name = StoredName { name: reference.to_string(), endpoint: endpoint.clone() };
        let address = match nearest {
            Some(server) if is_default => server.endpoint.clone(),
            _ if is_default => String::new(),
            _ => endpoint.as_str().to_owned(),
        };
        let asked = if address.is_empty() { endpoint.as_str() } else { &address };
        let origin = WebOrigin::of(asked);
        HubModel {
            // An address and a name of the same model are one model in storage.
            name: name.to_string(),
            token: origin.and_then(|origin| self.tokens.to_send(&origin)),
            endpoint: address,
            twin: twin.map(|twin| twin.id.to_string()),
            stored_only: false,
        }
    }

    /// Whether a model is of a hub that may be asked without the person's say in this
    /// visit: the default one, the page's own server, or the one that the person chose.
    pub(crate) fn is_of_chosen_hub(&self, model: &HubModel) -> bool {
        let hub = StoredName::parse(&model.name).endpoint;
        hub == Endpoint::default()
            || Endpoint::new(&self.remembered.hub).as_ref() == Ok(&hub)
    }

    /// Says that the token for a model's hub stays here, if it does.
    pub(crate) fn token_withheld(&self, model: &HubModel) -> Option<String> {
        let origin = WebOrigin::of(&model.endpoint)?;
        self.tokens.withholds(&origin).then(|| token_not_sent(&origin))
    }

    /// Takes what is remembered now that another tab has changed it.
    pub(crate) fn take_remembered(&mut self, now: Remembered) {
        if self.hub_typed.trim() == self.remembered.hub {
            self.hub_typed.clone_from(&now.hub);
        }
        self.remembered = now;
    }

    /// Whether a model is stored as a whole, in the precision that is chosen.
    pub(crate) fn is_stored(&self, name: &str) -> bool {
        self.is_stored_in(name, self.precision)
    }

    /// Whether a model is stored as a whole in a precision.
    pub(crate) fn is_stored_in(&self, name: &str, precision: Precision) -> bool {
        let precision = stored_precision(precision);
        self.stored.iter().flat_map(|stored| &stored.models).any(|model| {
            let same =
                model.name == name && stored_precision(model.precision) == precision;
            same && model.bytes == model.total
        })
    }
}

/// Why a token is not sent.
pub(crate) fn token_not_sent(origin: &WebOrigin) -> String {
    format!(
        "Your access token was not sent: the connection to {} is not encrypted, so others \
         could read it on the way. Give an address that begins with https://.",
        origin.host()
    )
}

/// The host that a model comes from.
pub(crate) fn hub_host(model: &HubModel) -> String {
    match model.endpoint.is_empty() {
        true => host_of(hub::DEFAULT_ENDPOINT),
        false => host_of(&model.endpoint),
    }
}

/// 8 bits are what is taken if nothing is said, so the two are one in storage.
pub(crate) fn stored_precision(precision: Precision) -> Precision {
    match precision {
        Precision::Q8 => Precision::Auto,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(source: Result<ModelSource, String>) -> String {
        match source {
            Ok(ModelSource::Demo) => "demo".into(),
            Ok(ModelSource::Address { url }) => format!("address {url}"),
            Ok(ModelSource::Hub(model)) => format!("hub {}", model.name),
            Ok(ModelSource::Files { .. }) => "files".into(),
            Err(_) => "none".into(),
        }
    }

    #[test]
    fn what_is_typed_is_a_model_of_the_hub_or_an_address() {
        let models = Models::default();
        for (typed, expected) in [
            ("", "demo"),
            ("demo", "demo"),
            ("owner/name", "hub owner/name"),
            ("gpt2", "hub gpt2"),
            (" owner/name@v1 ", "hub owner/name@v1"),
            ("owner/name/x.gguf", "hub owner/name/x.gguf"),
            ("https://huggingface.co/owner/name", "hub owner/name"),
            ("o/n/", "hub o/n"),
            ("\"o/n\"", "hub o/n"),
            ("gpt2", "hub gpt2"),
            ("hf.co/o/g:Q8_0", "hub o/g:Q8_0"),
            ("__proto__:x", "hub __proto__:x"),
            ("model/", "address model/"),
            ("model.gguf", "address model.gguf"),
            ("./owner/name", "address ./owner/name"),
            ("https://example.org/x.gguf", "address https://example.org/x.gguf"),
        ] {
            assert_eq!(name_of(models.source(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_neither_is_asked_of_nobody() {
        let models = Models::default();
        for typed in [
            "not a model",
            "javascript:alert(1)",
            "javascript://huggingface.co/%0aalert(1)",
            "data:application/json,{}",
            "blob:https://example.org/1",
            "file:///etc/passwd",
            "//evil.example/a/b",
            "\\\\evil.example\\a",
            "C:\\models\\x.gguf",
            "a/b/../../c",
            "owner/na\nme",
            "owner/\u{202E}name",
            "<img src=x onerror=alert(1)>",
        ] {
            assert_eq!(name_of(models.source(typed)), "none", "{typed}");
        }
    }

    #[test]
    fn what_the_pages_own_server_has_comes_from_there_unless_a_hub_is_named() {
        let endpoint = "http://localhost:5005/hub";
        let of_server =
            ServerModels { endpoint: endpoint.into(), ids: vec!["a/b".into()] };
        let mut models = Models { of_server: Some(of_server), ..Models::default() };
        let from = |models: &Models, name: &str| match models.source(name) {
            Ok(ModelSource::Hub(model)) => model.endpoint,
            other => panic!("{other:?}"),
        };
        assert_eq!(from(&models, "a/b"), endpoint);
        assert_eq!(from(&models, "a/c"), "");
        models.hub_typed = "https://hub.example".into();
        assert_eq!(from(&models, "a/b"), "https://hub.example");
    }

    #[test]
    fn a_model_of_another_hub_is_another_model_in_storage() {
        let hub = "https://hub.example";
        let models = Models { hub_typed: hub.into(), ..Models::default() };
        let there = "hub a/b from https://hub.example";
        assert_eq!(name_of(models.source("a/b")), there);
        assert_eq!(name_of(models.source("https://hub.example/a/b")), there);
        // It is found again by that name, whatever the hub is then.
        let Ok(ModelSource::Hub(model)) =
            Models::default().source("a/b from https://hub.example")
        else {
            panic!()
        };
        assert_eq!((&*model.name, &*model.endpoint), (&there[4..], hub));
    }

    #[test]
    fn a_token_goes_with_models_of_its_hub_alone() {
        let mut models = Models {
            of_server: Some(ServerModels {
                endpoint: "http://localhost:5005/hub".into(),
                ids: vec!["of/server".into()],
            }),
            ..Models::default()
        };
        let default = models.token_origin().unwrap();
        models.tokens.set(&default, Some("secret"));
        let token = |models: &Models, name: &str| match models.source(name) {
            Ok(ModelSource::Hub(model)) => model.token,
            _ => None,
        };
        assert_eq!(token(&models, "a/b").as_deref(), Some("secret"));
        let whole = "https://huggingface.co/a/b/resolve/main/x.gguf";
        assert_eq!(token(&models, whole).as_deref(), Some("secret"));
        for elsewhere in [
            "of/server",
            "a/b from https://hub.example",
            "a/b from http://huggingface.co",
            "a/b from https://huggingface.co:8443",
            "https://huggingface.co.evil.example/a/b",
            "https://evil.example/x.gguf",
        ] {
            assert_eq!(token(&models, elsewhere), None, "{elsewhere}");
        }
        for hub in
            ["https://hub.example", "http://huggingface.co", "https://x/huggingface.co"]
        {
            models.hub_typed = hub.into();
            assert_eq!(token(&models, "a/b"), None, "{hub}");
            assert_eq!(models.token_text(), "", "{hub}");
        }
        models.visiting = Endpoint::new("http://localhost:7010").ok();
        assert_eq!(token(&models, "a/b"), None);
    }
}
