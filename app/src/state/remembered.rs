//! The choice of models that is stored for later visits, and how tabs share it.

use hub::Endpoint;
use protocol::Precision;
use serde::{Deserialize, Serialize};

use super::access_tokens::AccessTokens;
use super::web_origin::WebOrigin;
use crate::json;

/// The choice of models, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    /// The model that was chosen last.
    pub(crate) last: LastModel,
    /// The address of the hub that the person chose; empty for the default one.
    pub(crate) hub: String,
    /// The access tokens that the person wants to store.
    pub(crate) tokens: AccessTokens,
    /// The names of the models that are to do other than they do unasked: to think before they
    /// answer, or not to. The newest is last.
    pub(crate) thinking: Vec<String>,
    /// A hub that earlier versions stored, which took it from any link.
    #[serde(skip_serializing_if = "String::is_empty")]
    endpoint: String,
    /// An access token that earlier versions stored without its hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The last model as earlier versions stored it, in this and the next two fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<Precision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_ready: Option<bool>,
}

/// The model that the next visit begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LastModel {
    /// Its name on the hub; none for the demo model or files.
    pub(crate) name: Option<String>,
    /// The names of its files, if it came from this device.
    pub(crate) files: Vec<String>,
    /// The precision that was chosen for it.
    pub(crate) precision: Precision,
    /// It has been ready, so it is stored unless the browser has deleted it.
    pub(crate) was_ready: bool,
}

impl Remembered {
    /// Reads what was stored. An access token of an earlier version is kept only if it is
    /// clear which hub it was typed for.
    pub(crate) fn read(text: &str) -> Remembered {
        let mut read: Remembered = json::read(text).unwrap_or_default();
        let default = read.endpoint.trim().is_empty()
            || Endpoint::new(&read.endpoint).is_ok_and(|hub| hub == Endpoint::default());
        if let Some(token) = read.token.take().filter(|_| default)
            && let Some(origin) = WebOrigin::of(hub::DEFAULT_ENDPOINT)
        {
            read.tokens.set(&origin, Some(&token));
        }
        if default {
            read.endpoint.clear();
        }
        if let Some(name) = read.model.take() {
            // With another hub, the model may have been that hub's.
            read.last.name = default.then_some(name);
            read.last.was_ready = default && read.was_ready == Some(true);
        }
        read.was_ready = None;
        read.last.precision = read.precision.take().unwrap_or(read.last.precision);
        read
    }

    /// Takes the hub that an earlier version stored. It may come from a link, so the person is
    /// asked about it.
    pub(crate) fn take_unconfirmed_hub(&mut self) -> Option<Endpoint> {
        Endpoint::new(&std::mem::take(&mut self.endpoint))
            .ok()
            .filter(|hub| *hub != Endpoint::default())
    }

    /// Merges the changes of this tab, from `base` to `self`, with what another tab has stored
    /// meanwhile, `theirs`. What this tab did not change stays as the other has stored it.
    pub(crate) fn merged(&self, base: &Remembered, theirs: Remembered) -> Remembered {
        fn pick<T: PartialEq + Clone>(mine: &T, base: &T, theirs: T) -> T {
            if mine == base { theirs } else { mine.clone() }
        }
        Remembered {
            last: pick(&self.last, &base.last, theirs.last),
            hub: pick(&self.hub, &base.hub, theirs.hub),
            tokens: pick(&self.tokens, &base.tokens, theirs.tokens),
            thinking: pick(&self.thinking, &base.thinking, theirs.thinking),
            ..Remembered::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(remembered: &Remembered, hub: &str) -> Option<String> {
        remembered.tokens.to_send(&WebOrigin::of(hub).unwrap())
    }

    #[test]
    fn an_old_token_is_kept_for_the_default_hub_only() {
        for endpoint in ["", "https://huggingface.co", "https://huggingface.co/"] {
            let json = format!("{{\"endpoint\":\"{endpoint}\",\"token\":\"secret\"}}");
            let read = Remembered::read(&json);
            assert_eq!(token(&read, hub::DEFAULT_ENDPOINT).as_deref(), Some("secret"));
        }
        for endpoint in ["http://localhost:7010", "https://hub.example", "what?"] {
            let json = format!(
                "{{\"endpoint\":\"{endpoint}\",\"token\":\"secret\",\"model\":\"a/b\",
                  \"was_ready\":true}}"
            );
            let mut read = Remembered::read(&json);
            assert!(!serde_json::to_string(&read).unwrap().contains("secret"));
            assert_eq!((read.hub.as_str(), read.last.name.clone()), ("", None));
            let doubtful = read.take_unconfirmed_hub();
            assert_eq!(doubtful.is_some(), endpoint != "what?", "{endpoint}");
        }
    }

    #[test]
    fn what_an_earlier_version_stored_of_a_model_is_understood() {
        let read = Remembered::read(
            "{\"model\":\"a/b\",\"precision\":\"q4\",\"was_ready\":true,
              \"endpoint\":\"\",\"token\":null}",
        );
        let last = LastModel {
            name: Some("a/b".into()),
            precision: Precision::Q4,
            was_ready: true,
            ..LastModel::default()
        };
        assert_eq!(read.last, last);
        let again = Remembered::read(&serde_json::to_string(&read).unwrap());
        assert_eq!(again, read);
    }

    #[test]
    fn anything_at_all_can_lie_in_storage() {
        for json in
            ["", "null", "[]", "{\"tokens\":7}", "{\"__proto__\":{}}", "{\"last\":[]}"]
        {
            let read = Remembered::read(json);
            assert_eq!(token(&read, hub::DEFAULT_ENDPOINT), None, "{json}");
        }
    }

    #[test]
    fn two_tabs_do_not_undo_each_other_s_settings() {
        let base = Remembered::default();
        let of = WebOrigin::of("https://hub.example").unwrap();
        let mut mine = base.clone();
        mine.last.name = Some("a/b".into());
        let mut theirs = base.clone();
        theirs.hub = "https://hub.example".into();
        theirs.tokens.set(&of, Some("secret"));
        let stored = mine.merged(&base, theirs.clone());
        assert_eq!(stored.last.name.as_deref(), Some("a/b"));
        assert_eq!((&stored.hub, &stored.tokens), (&theirs.hub, &theirs.tokens));
        // A token that was forgotten here is not brought back by what the other had.
        let mut forgotten = stored.clone();
        forgotten.tokens.set(&of, None);
        let stored = forgotten.merged(&stored, stored.clone());
        assert_eq!(stored.tokens.to_send(&of), None);
    }
}
