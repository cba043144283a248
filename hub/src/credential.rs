//! Access tokens, and the one rule of where they may go: a token belongs to the hub that
//! it was given for, and never travels in clear text except inside this machine.
//!
//! A [`Transport`](crate::Transport) asks [`Credential::for_request`] for the address of
//! every request, each redirect included, and sends what it gets and nothing else. A
//! redirect to another host, another port or from https to http therefore goes without.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Endpoint;

/// Scheme, host and port of an address: what a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    https: bool,
    /// In lower case, an IPv6 address in brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` address. None where programs could disagree
    /// about the host: with a user name, a backslash, or characters that hosts do not
    /// have. So what is not certain gets no token.
    pub fn of(address: &str) -> Option<Origin> {
        let (scheme, rest) = address.split_once("://")?;
        let https = match () {
            () if scheme.eq_ignore_ascii_case("https") => true,
            () if scheme.eq_ignore_ascii_case("http") => false,
            () => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let usual = if https { 443 } else { 80 };
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (
                    format!("[{host}]"),
                    port.strip_prefix(':').or(port.is_empty().then_some("")),
                )
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (authority.to_owned(), Some("")),
            },
        };
        let port = match port? {
            "" => usual,
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok()?
            }
            _ => return None,
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_host = host.starts_with('[')
            || (!host.is_empty() && !host.starts_with('.') && host.chars().all(named));
        is_host.then(|| Origin { https, host: host.to_ascii_lowercase(), port })
    }

    /// Host and port as an address has them; the port is left out where it is the usual
    /// one.
    pub fn host(&self) -> String {
        match (self.https, self.port) {
            (true, 443) | (false, 80) => self.host.clone(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }

    /// Whether the address is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it is this machine itself.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(ip) => {
                ip.is_loopback()
                    || ip.to_ipv4_mapped().is_some_and(|v4: Ipv4Addr| v4.is_loopback())
            }
        };
        self.host == "localhost" || bare.parse().is_ok_and(is_loopback)
    }

    /// Whether nobody on the way can read what is sent.
    pub fn is_private(&self) -> bool {
        self.https || self.is_loopback()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.host())
    }
}

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

/// What became of an access token in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// There is none.
    None,
    /// It was sent.
    Sent,
    /// It belongs to another hub and was not sent.
    OtherHub {
        /// The hub that it belongs to.
        host: String,
    },
    /// The hub's address is not encrypted, so it was not sent.
    Unencrypted,
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
