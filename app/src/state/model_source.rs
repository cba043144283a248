//! From the name of a model to where its files are fetched from.

use hub::{Endpoint, Named, Reference, StoredName};
use protocol::{HubModel, ModelSource};

use super::models::Models;
use super::web_origin::WebOrigin;

impl Models {
    /// The source of a model by its name: the demo model, the address of a file or folder, or a
    /// model of a hub.
    ///
    /// # Errors
    /// A sentence, if the name is none of these.
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

    /// The source of a model of a hub: where to fetch it, with the access token for there.
    fn on_hub(&self, reference: &Reference, endpoint: Endpoint) -> HubModel {
        let twin = self.catalogue.as_ref().filter(|_| reference.is_plain());
        let twin = twin.and_then(|catalogue| catalogue.twin(&reference.id));
        let is_default = endpoint == Endpoint::default();
        let nearest = self.of_server.as_ref().filter(|server| {
            let has = |id: &str| server.ids.iter().any(|known| known == id);
            has(reference.id.as_str()) || twin.is_some_and(|twin| has(twin.id.as_str()))
        });
        // The page's own host may stand in for the default hub: the page itself comes from
        // there.
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::ServerModels;

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
