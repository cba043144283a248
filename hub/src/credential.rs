//! Access tokens, and the one rule of where they may go: a token belongs to the hub that
//! it was given for, and never travels in clear text except inside this machine.
//!
//! A [`Transport`](crate::Transport) asks [`Credential::for_request`] for the address of
//! every request, each redirect included, and sends what it gets and nothing else. A
//! redirect to another host, another port or from https to http therefore goes without.

use std::fmt;

use crate::{Endpoint, Origin, TokenUse};

/// A token as it is sent. It is not shown by `Debug`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value of the `Authorization` header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An access token together with the hub that it was given for.
///
/// ```
/// use hub::{Credential, Endpoint};
///
/// let hub = Endpoint::new("https://hub.example")?;
/// let credential = Credential::new(&hub, "a-token").expect("it can be a token");
/// let secret = credential.for_request("https://hub.example/api/models/owner/name");
/// assert_eq!(secret.expect("it goes to its hub").bearer(), "Bearer a-token");
///
/// for elsewhere in ["https://hub.example.evil.example/", "http://hub.example/"] {
///     assert!(credential.for_request(elsewhere).is_none());
/// }
/// # Ok::<(), hub::HubError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    origin: Origin,
    secret: Secret,
}

impl Credential {
    /// A token that was given for a hub. None for an empty one and for what cannot be a
    /// token, such as a text of several lines.
    pub fn new(hub: &Endpoint, token: &str) -> Option<Credential> {
        let token = token.trim();
        let sound =
            !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let origin = hub.origin().filter(|_| sound)?;
        Some(Credential { origin, secret: Secret(token.to_owned()) })
    }

    /// What the token belongs to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The token for a request to this address: only if the address has the token's own
    /// origin, and if nobody on the way can read it.
    pub fn for_request(&self, url: &str) -> Option<&Secret> {
        let may_go = self.origin.is_private()
            && Origin::of(url).is_some_and(|origin| origin == self.origin);
        may_go.then_some(&self.secret)
    }

    /// What becomes of the token when this hub is asked.
    pub fn sent_to(&self, hub: &Endpoint) -> TokenUse {
        match hub.origin() {
            Some(origin) if origin != self.origin => {
                TokenUse::OtherHub { host: self.origin.host() }
            }
            Some(origin) if !origin.is_private() => TokenUse::Unencrypted,
            Some(_) => TokenUse::Sent,
            None => TokenUse::Unencrypted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hub: &str) -> Credential {
        Credential::new(&Endpoint::new(hub).unwrap(), " hf_secret\n").unwrap()
    }

    fn goes(hub: &str, url: &str) -> bool {
        of(hub).for_request(url).is_some()
    }

    #[test]
    fn a_token_goes_to_its_own_hub_by_whatever_path() {
        for url in [
            "https://huggingface.co/api/models/o/n",
            "https://huggingface.co:443/o/n/resolve/main/x",
            "HTTPS://HuggingFace.co?x",
            "https://huggingface.co",
        ] {
            assert!(goes("", url), "{url}");
        }
        let bearer = of("").for_request("https://huggingface.co/x").map(Secret::bearer);
        assert_eq!(bearer.as_deref(), Some("Bearer hf_secret"));
    }

    #[test]
    fn a_token_goes_nowhere_else() {
        for url in [
            "http://huggingface.co/",
            "https://huggingface.co:444/",
            "https://huggingface.co.evil.example/",
            "https://evil.example/https://huggingface.co/",
            "https://huggingface.co@evil.example/",
            "https://huggingface.co:443@evil.example/",
            "https://huggingface.co\\@evil.example/",
            "https://evil.example\\.huggingface.co/",
            "https://evil.example#@huggingface.co/",
            "https://evil.example?@huggingface.co/",
            "https://huggingface.co./",
            "https://huggingface%2eco/",
            "https://huggingface.co\t/",
            "https:/huggingface.co/",
            "//huggingface.co/",
            "ftp://huggingface.co/",
            "https://cdn-lfs.huggingface.co/",
            "https://hf.co/",
            "",
        ] {
            assert!(!goes("", url), "{url}");
        }
    }

    #[test]
    fn a_token_never_travels_in_clear_text_except_inside_this_machine() {
        for hub in
            ["http://192.168.0.9:5005", "http://hub.example", "http://[fe80::1]:80"]
        {
            assert!(!goes(hub, &format!("{hub}/api/models/o/n")), "{hub}");
            let hub = Endpoint::new(hub).unwrap();
            let credential = Credential::new(&hub, "x").unwrap();
            assert_eq!(credential.sent_to(&hub), TokenUse::Unencrypted);
        }
        for hub in [
            "http://localhost:7010",
            "http://127.0.0.1:7010",
            "http://127.9.9.9",
            "http://[::1]:7010",
            "http://[::ffff:127.0.0.1]:7010",
        ] {
            assert!(goes(hub, &format!("{hub}/x")), "{hub}");
        }
        // Names that only begin like this machine's.
        for hub in
            ["http://localhost.example", "http://127.0.0.1.example", "http://127.1"]
        {
            assert!(!goes(hub, &format!("{hub}/x")), "{hub}");
        }
    }

    #[test]
    fn who_is_told_why_a_token_was_not_sent() {
        let mirror = Endpoint::new("https://mirror.example").unwrap();
        let host = "huggingface.co".to_owned();
        assert_eq!(of("").sent_to(&mirror), TokenUse::OtherHub { host });
        assert_eq!(of("").sent_to(&Endpoint::default()), TokenUse::Sent);
    }

    #[test]
    fn a_token_is_not_shown_and_a_text_that_is_none_is_not_one() {
        let shown = format!("{:?}", of("https://hub.example:81"));
        assert!(!shown.contains("hf_secret") && shown.contains("hub.example"), "{shown}");
        for token in ["", "  ", "a b", "a\nX-Header: b", "ü"] {
            assert!(Credential::new(&Endpoint::default(), token).is_none(), "{token:?}");
        }
    }
}
