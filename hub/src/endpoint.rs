//! Addresses of the hub's API and files.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{HubError, ModelId, Origin};

/// The hub that is asked if none is named.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// What may stand in a part of a path as it is.
const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a hub is: an address without a slash at its end, as in `HF_ENDPOINT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Default for Endpoint {
    fn default() -> Self {
        Endpoint(DEFAULT_ENDPOINT.into())
    }
}

impl Endpoint {
    /// The hub at an address; nothing means the default one.
    ///
    /// # Errors
    /// If it is no `http` or `https` address.
    pub fn new(address: &str) -> Result<Endpoint, HubError> {
        let address = address.trim().trim_end_matches('/');
        if address.is_empty() {
            return Ok(Endpoint::default());
        }
        let host = address
            .strip_prefix("https://")
            .or_else(|| address.strip_prefix("http://"))
            .unwrap_or_default();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "?#@".contains(c);
        match host.is_empty() || host.starts_with('/') || host.contains(odd) {
            true => Err(HubError::InvalidEndpoint { address: address.into() }),
            false => Ok(Endpoint(address.into())),
        }
    }

    /// The host that an address is on, in place of a hub.
    pub(crate) fn host_of(address: &str) -> Endpoint {
        let origin = Origin::of(address).map(|origin| origin.to_string());
        Endpoint(origin.unwrap_or_else(|| address.to_owned()))
    }

    /// Scheme, host and port; none if the host is not one that all programs read alike.
    pub fn origin(&self) -> Option<Origin> {
        Origin::of(&self.0)
    }

    /// The hub as people name it: host and port, without the scheme.
    pub fn host(&self) -> String {
        self.origin().map_or_else(|| self.0.clone(), |origin| origin.host())
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the hub tells what a model has, with sizes and hashes.
    pub fn listing(&self, id: &ModelId, revision: &str) -> String {
        format!("{}/api/models/{id}/revision/{}?blobs=true", self.0, encoded(revision))
    }

    /// Where a file is.
    pub fn file(&self, id: &ModelId, revision: &str, path: &str) -> String {
        let path: Vec<String> = path.split('/').map(encoded).collect();
        format!("{}/{id}/resolve/{}/{}", self.0, encoded(revision), path.join("/"))
    }
}

pub(crate) fn encoded(part: &str) -> String {
    utf8_percent_encode(part, IN_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_hubs_own_programs() {
        let hub = Endpoint::new(" http://hub.example:81/a/ ").unwrap();
        let id = ModelId::new("owner/na.me").unwrap();
        assert_eq!(
            hub.listing(&id, "refs/pr/1"),
            "http://hub.example:81/a/api/models/owner/na.me/revision/refs%2Fpr%2F1?blobs=true"
        );
        assert_eq!(
            hub.file(&id, "main", "onnx/a b.bin"),
            "http://hub.example:81/a/owner/na.me/resolve/main/onnx/a%20b.bin"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for address in ["hub.example", "ftp://x", "https://", "http:///x", "http://a b"] {
            assert!(Endpoint::new(address).is_err(), "{address}");
        }
        assert_eq!(Endpoint::new("").unwrap().as_str(), DEFAULT_ENDPOINT);
    }
}
