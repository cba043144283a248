//! Who may use this server: programs of this machine, the pages that it serves, and whoever
//! its options name.
//!
//! A page of another site can reach a server on this machine in two ways. It can send
//! requests to `localhost`: those carry its origin, see [`admit`]. Or its own name can be
//! made to point here (DNS rebinding), so that the browser takes both for one site: then
//! the `Host` header carries that name, see [`check_host`].

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::class::Guest;
use super::error::ApiError;
use super::state::AppState;
use super::token;
use crate::Access;

/// Refuses requests to a host name that is not this server's.
///
/// The port is not compared: behind an SSH tunnel or the port mapping of a container it is
/// another one, and no page can choose it.
pub(crate) async fn check_host(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match host(&request) {
        Some(host) if is_our_name(host.host(), &state.access) => next.run(request).await,
        _ => {
            let message = "This server does not go by this name. Open it as localhost, by the \
                           address given with --host, or by a name given with --allow-host.\n";
            (StatusCode::MISDIRECTED_REQUEST, message).into_response()
        }
    }
}

/// Refuses requests that [`admit`] does not let in.
pub(crate) async fn check(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&state, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The same for routes that may start a download: another site must not be able to start one
/// by sending its visitors there.
pub(crate) async fn check_download(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&state, &request) {
        Ok(()) if is_cross_site_navigation(request.headers()) => {
            cross_site_error().into_response()
        }
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The same for the route of classes, which the pass of a class opens, too: for that class
/// alone, and for those who take part.
pub(crate) async fn check_class(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    if !carries_token(&state, &request)
        && let Some(room) =
            token::pass_of(&request).and_then(|pass| state.rooms.let_in(&pass))
    {
        if let Err(error) = admit_page(&state, &request) {
            return error.into_response();
        }
        request.extensions_mut().insert(Guest(room));
        return next.run(request).await;
    }
    check(State(state), request, next).await
}

/// Checks that a request comes from a page that may use this server or from a program, which
/// sends no origin, and that it carries the token, if the server has one.
///
/// # Errors
/// If one of both is not so.
pub(crate) fn admit(state: &AppState, request: &Request) -> Result<(), ApiError> {
    admit_page(state, request)?;
    match carries_token(state, request) {
        true => Ok(()),
        false => {
            let message = "This server wants a token: send it as \
                \"Authorization: Bearer TOKEN\", or open the page with ?token=TOKEN.";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, message))
        }
    }
}

/// Whether a request carries the token, or the server has none.
fn carries_token(state: &AppState, request: &Request) -> bool {
    let token = state.access.token.as_ref();
    token.is_none_or(|token| token::is_carried_by(token, request))
}

/// Checks that a request comes from a page that may use this server or from a program.
fn admit_page(state: &AppState, request: &Request) -> Result<(), ApiError> {
    let (access, headers) = (&*state.access, request.headers());
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let allowed = match headers.contains_key(header::ORIGIN) {
        true => origins.all(|origin| is_allowed_origin(origin, headers, access)),
        // Images, scripts and frames of other sites are fetched without an origin. So is the
        // target of a link that a person follows, which is allowed.
        false => !is_cross_site(headers) || is_navigation(headers),
    };
    allowed.then_some(()).ok_or_else(cross_site_error)
}

/// Whether pages of an origin may use the server and read its answers: pages of this machine,
/// of this server, and of the sites that its options name.
pub(crate) fn is_allowed_origin(
    origin: &HeaderValue,
    headers: &HeaderMap,
    access: &Access,
) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    if access.origins.iter().any(|known| known.is(origin)) {
        return true;
    }
    let secure = origin.strip_prefix("https://");
    let Some(authority) = secure.or_else(|| origin.strip_prefix("http://")) else {
        return false;
    };
    let Some(page) = parse_authority(authority) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    is_loopback_name(page.host()) || host == Some(page.as_str())
}

fn cross_site_error() -> ApiError {
    let message = "Pages of other sites may not use this server.";
    ApiError::new(StatusCode::FORBIDDEN, message)
}

/// Whether a browser says that a page of another site has sent this request.
/// <https://www.w3.org/TR/fetch-metadata/>
fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// Whether a browser follows a link of another site.
fn is_cross_site_navigation(headers: &HeaderMap) -> bool {
    is_cross_site(headers) && !headers.contains_key(header::ORIGIN)
}

/// Whether a browser opens the answer as a page, and not in a frame.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_some_and(|place| place == "document")
}

/// The host that a request was sent to, by its `Host` header or by its target, if that is a
/// whole address. None if there are several headers, or if both differ.
fn host(request: &Request) -> Option<Authority> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(host), None) => Some(parse_authority(host.to_str().ok()?)?),
        (Some(_), Some(_)) => return None,
    };
    let target = match request.uri().authority() {
        Some(target) => Some(parse_authority(target.as_str())?),
        None => None,
    };
    match (named, target) {
        (Some(named), Some(target)) => (named == target).then_some(named),
        (named, target) => named.or(target),
    }
}

/// Whether the client calls the server by a name that only this machine has.
pub(crate) fn is_for_this_machine(request: &Request) -> bool {
    host(request).is_some_and(|host| is_loopback_name(host.host()))
}

/// Reads a host name with an optional port, and nothing else.
fn parse_authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let port = text.strip_prefix(authority.host())?;
    let is_port = |port: &str| {
        port.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|digit| digit.is_ascii_digit())
                && digits.parse::<u16>().is_ok()
        })
    };
    (port.is_empty() || is_port(port)).then_some(authority)
}

/// An IP address cannot be rebound, so a server that listens on all addresses takes any.
fn is_our_name(host: &str, access: &Access) -> bool {
    let number = ip(host);
    is_loopback_name(host)
        || number == Some(access.host)
        || (number.is_some() && access.host.is_unspecified())
        || access.hosts.iter().any(|name| name.is(host))
}

fn is_loopback_name(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || ip(host).is_some_and(|ip| ip.to_canonical().is_loopback())
}

fn ip(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(host: [u8; 4]) -> Access {
        Access { host: host.into(), ..Access::default() }
    }

    #[test]
    fn a_server_on_loopback_goes_by_loopback_names_only() {
        let access = bound([127, 0, 0, 1]);
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_our_name(host, &access), "{host}");
        }
        for host in ["example.com", "localhost.example.com", "10.0.0.1", "", "0x7f.1"] {
            assert!(!is_our_name(host, &access), "{host}");
        }
    }

    #[test]
    fn a_name_has_at_most_a_port_beside_it() {
        for text in ["localhost", "localhost:5005", "[::1]:80", "127.0.0.1:1"] {
            assert!(parse_authority(text).is_some(), "{text}");
        }
        for text in [
            "",
            "localhost:",
            "localhost:5005.evil",
            "localhost:99999",
            "localhost:+80",
            "me@localhost",
            "evil@localhost:5005",
            "localhost/evil",
            "localhost evil",
            "[::1",
        ] {
            assert!(parse_authority(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_server_for_others_goes_by_its_numbers_and_by_the_names_that_it_was_given() {
        let all = bound([0, 0, 0, 0]);
        assert!(is_our_name("10.0.0.1", &all));
        assert!(!is_our_name("example.com", &all));
        let named = Access { hosts: vec!["class.example".parse().unwrap()], ..all };
        assert!(is_our_name("Class.example", &named));
        assert!(!is_our_name("other.class.example", &named));
        let one = bound([10, 0, 0, 1]);
        assert!(is_our_name("10.0.0.1", &one));
        assert!(!is_our_name("10.0.0.2", &one));
    }
}
