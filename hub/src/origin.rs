//! Scheme, host and port: what an access token belongs to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
