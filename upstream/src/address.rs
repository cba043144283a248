//! Addresses of engines, as a person writes them.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The address of an engine: `http` or `https`, perhaps with a path before its routes.
///
/// ```
/// use upstream::Address;
///
/// let address: Address = "HTTP://localhost:8000/v1/".parse()?;
/// assert_eq!(address.to_string(), "http://localhost:8000");
/// assert!("http://me:secret@localhost".parse::<Address>().is_err());
/// # Ok::<(), upstream::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is no address of an engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("{0:?} is not the address of an engine. Write one as http://localhost:8000")]
    NotOne(String),
    /// It has a name or a password in it, which would end up in logs.
    #[error(
        "The address of an engine cannot have a name or a password in it. Put a key into an \
         environment variable"
    )]
    Credentials,
}

impl Address {
    /// The address of a route. `route` begins with a slash.
    pub(crate) fn route(&self, route: &str) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}{route}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Whether keys go to it unencrypted over a network.
    pub(crate) fn is_open(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let own = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        self.0.scheme() == "http" && !own
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let wrong = || AddressError::NotOne(text.into());
        // What has it may have a password before it, even where it is no address.
        if text.contains('@') {
            return Err(AddressError::Credentials);
        }
        let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        if !is_web || !has_host || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        // Many clients have it at the end of their addresses.
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        url.set_path(&path);
        Ok(Address(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_follow_the_path_and_nothing_else_is_an_address() {
        let address: Address = "https://h.example/engines/a/v1".parse().unwrap();
        let route = address.route("/v1/completions");
        assert_eq!(route.as_str(), "https://h.example/engines/a/v1/completions");
        for text in
            ["", "localhost:8000", "ftp://a", "http://", "http://a/?x=1", "http://a/#b"]
        {
            assert!(
                matches!(text.parse::<Address>(), Err(AddressError::NotOne(_))),
                "{text}"
            );
        }
        for text in ["http://a:b@c", "http://a@c", "a:secret@b"] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(error, AddressError::Credentials);
        }
        assert!("http://gpu.example".parse::<Address>().unwrap().is_open());
        assert!(!"http://localhost:1".parse::<Address>().unwrap().is_open());
    }
}
