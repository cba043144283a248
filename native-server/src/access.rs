//! Who may use the server, as its options say. A value that could never match what browsers
//! or clients send is refused at the start, or normalised to what they send.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use axum::http::HeaderValue;
use reqwest::Url;

/// Who may use the server beside this machine's programs and the server's own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The address that it listens on.
    pub host: IpAddr,
    /// Its host names, beside localhost and its IP addresses.
    pub hosts: Vec<AllowedHost>,
    /// Sites whose pages may use it.
    pub origins: Vec<AllowedOrigin>,
    /// The token that all requests to the API must carry.
    pub token: Option<AccessToken>,
}

impl Default for Access {
    fn default() -> Access {
        let host = Ipv4Addr::LOCALHOST.into();
        Access { host, hosts: Vec::new(), origins: Vec::new(), token: None }
    }
}

/// A site as browsers write it in the header `Origin`: `https://example.org`.
///
/// ```
/// use native_server::AllowedOrigin;
///
/// let origin: AllowedOrigin = "HTTPS://Example.org:443/".parse().unwrap();
/// assert!(origin.is("https://example.org"));
/// assert!("*".parse::<AllowedOrigin>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigin(String);

impl AllowedOrigin {
    /// Whether a browser has sent this origin.
    pub fn is(&self, sent: &str) -> bool {
        self.0 == sent
    }
}

impl FromStr for AllowedOrigin {
    type Err = String;

    /// Reads the address of a site and normalises it to what browsers send: lower case, no
    /// default port, names of other alphabets in ASCII.
    fn from_str(text: &str) -> Result<AllowedOrigin, String> {
        if text.contains('*') {
            return Err(
                "* is not taken, because every site that is visited could then use \
                 the server. Name each site, such as https://example.org"
                    .into(),
            );
        }
        if text.eq_ignore_ascii_case("null") {
            return Err(
                "null is what browsers send for files and for frames that any site \
                 can make, so it is not taken. Serve the page from a site"
                    .into(),
            );
        }
        let wrong = || {
            format!(
                "{text:?} is not the address of a site. Write one as https://example.org"
            )
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong());
        }
        let has_more = !matches!(url.path(), "" | "/");
        if has_more || url.query().is_some() || url.fragment().is_some() {
            return Err(format!(
                "{text:?} has more than a site's address: browsers do not say which of its \
                 pages asks. Leave out what follows the name and the port"
            ));
        }
        // Hosts of other schemes, as of programs with pages of their own, keep their case
        // when they are parsed.
        let host = host.to_ascii_lowercase();
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let origin = format!("{}://{host}{port}", url.scheme());
        match HeaderValue::from_str(&origin) {
            Ok(_) => Ok(AllowedOrigin(origin)),
            Err(_) => Err(wrong()),
        }
    }
}

/// A host name as clients send it in the header `Host`, without the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(pub(crate) String);

impl AllowedHost {
    /// Whether a client has sent this name.
    pub fn is(&self, sent: &str) -> bool {
        self.0.eq_ignore_ascii_case(sent)
    }
}

impl FromStr for AllowedHost {
    type Err = String;

    /// Reads a name. A port is dropped.
    fn from_str(text: &str) -> Result<AllowedHost, String> {
        if text.contains('*') {
            return Err("* is not taken, because any site could then make its own name \
                 point to this server. Write each name, such as class.example"
                .into());
        }
        let wrong = || {
            format!(
                "{text:?} is not a name. Write it without http://, such as class.example"
            )
        };
        if text.contains(['/', '?', '#', '@', '\\']) {
            return Err(wrong());
        }
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        Ok(AllowedHost(host.trim_end_matches('.').to_owned()))
    }
}

/// The token that all requests to the API must carry. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token itself.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

impl FromStr for AccessToken {
    type Err = String;

    /// Reads a token, which must fit into a header. The error does not repeat it.
    fn from_str(text: &str) -> Result<AccessToken, String> {
        let token = text.trim();
        let fits = |c: char| c.is_ascii_graphic() || c == ' ';
        match !token.is_empty() && token.chars().all(fits) {
            true => Ok(AccessToken(token.to_owned())),
            false => {
                Err("a token has letters, digits and signs of ASCII, as it must fit \
                 into a header"
                    .into())
            }
        }
    }
}

/// Values separated by commas; empty ones are skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<List<T>, T::Err> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(List(parts.map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// The address to listen on: an IP address or `localhost`. The default is 127.0.0.1.
pub(crate) fn parse_host(text: &str) -> Result<IpAddr, String> {
    let bare = text.trim();
    let bare = bare.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(bare);
    if bare.is_empty() || bare.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    bare.parse().map_err(|_| {
        format!(
            "it can be an address of this machine as a number: {} for this machine alone, \
             {} or {} for all. Names that the server goes by are for --allow-host",
            Ipv4Addr::LOCALHOST,
            Ipv4Addr::UNSPECIFIED,
            Ipv6Addr::UNSPECIFIED
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_written_as_browsers_write_it() {
        for (given, sent) in [
            ("https://example.org", "https://example.org"),
            ("https://example.org/", "https://example.org"),
            ("HTTPS://Example.ORG", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("http://example.org:8080", "http://example.org:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://[0:0:0:0:0:0:0:1]:5173", "http://[::1]:5173"),
            ("app://obsidian.md", "app://obsidian.md"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ] {
            let origin: AllowedOrigin = given.parse().unwrap();
            assert!(origin.is(sent), "{given} gave {origin:?}");
        }
    }

    #[test]
    fn what_no_browser_sends_as_a_site_is_refused_with_a_sentence() {
        for (given, reason) in [
            ("*", "every site"),
            ("https://*.example.org", "every site"),
            ("null", "files"),
            ("example.org", "https://example.org"),
            ("localhost:5173", "https://example.org"),
            ("https://", "https://example.org"),
            ("file:///home", "https://example.org"),
            ("data:text/html,x", "https://example.org"),
            ("https://someone@example.org", "https://example.org"),
            ("https://example.org/page", "more than a site"),
            ("https://example.org?x", "more than a site"),
            ("https://exa mple.org", "https://example.org"),
            ("https://example.org:99999", "https://example.org"),
        ] {
            let error = given.parse::<AllowedOrigin>().unwrap_err();
            assert!(error.contains(reason), "{given} gave {error}");
        }
    }

    #[test]
    fn a_name_is_taken_with_or_without_a_port_and_refused_if_it_is_none() {
        for (given, sent) in [
            ("class.example", "Class.example"),
            ("Class.Example:5005", "class.example"),
            ("class.example.", "class.example"),
            ("my_server", "my_server"),
            ("10.0.0.7", "10.0.0.7"),
            ("[::2]:5005", "[::2]"),
        ] {
            let name: AllowedHost = given.parse().unwrap();
            assert!(name.is(sent), "{given} gave {name:?}");
        }
        for given in
            ["*", "*.example", "http://class.example", "a b", "a/b", "me@a", ":80"]
        {
            assert!(given.parse::<AllowedHost>().is_err(), "{given}");
        }
    }

    #[test]
    fn lists_are_read_with_spaces_and_empty_parts() {
        let List(origins) = " https://a.example, https://b.example ,".parse().unwrap();
        let origins: Vec<AllowedOrigin> = origins;
        assert!(origins[0].is("https://a.example") && origins[1].is("https://b.example"));
        assert_eq!("".parse(), Ok(List::<AllowedOrigin>(Vec::new())));
        assert!("https://a.example,*".parse::<List<AllowedOrigin>>().is_err());
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_and_none_is_ever_shown() {
        let token: AccessToken = " pass word& ".parse().unwrap();
        assert_eq!(token.secret(), "pass word&");
        assert!(!format!("{token:?}").contains("pass"));
        for given in ["", "  ", "a\nb", "pässword", "a\tb"] {
            let error = given.parse::<AccessToken>().unwrap_err();
            assert!(given.trim().is_empty() || !error.contains(given), "{error}");
        }
    }

    #[test]
    fn the_address_to_listen_on_can_be_named_as_people_name_it() {
        for (given, address) in [
            ("", "127.0.0.1"),
            ("localhost", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"),
            ("[::1]", "::1"),
            ("::", "::"),
        ] {
            assert_eq!(parse_host(given).unwrap().to_string(), address);
        }
        for given in ["*", "example.org", "0.0.0.0:5005", "http://localhost"] {
            assert!(parse_host(given).unwrap_err().contains("--allow-host"), "{given}");
        }
    }
}
