//! Who is let in, as it was said when the server was started.

use std::net::{IpAddr, Ipv4Addr};

/// Who may use the server beside this machine's programs and the server's own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The address that it listens on.
    pub host: IpAddr,
    /// Names that it goes by, beside localhost and its numbers.
    pub hosts: Vec<String>,
    /// Origins whose pages may use it, such as `https://example.org`.
    pub origins: Vec<String>,
    /// What everyone must know who uses the API.
    pub token: Option<String>,
}

impl Default for Access {
    fn default() -> Access {
        let host = Ipv4Addr::LOCALHOST.into();
        Access { host, hosts: Vec::new(), origins: Vec::new(), token: None }
    }
}
