//! Who may talk to this server: this machine's programs and the pages it serves, and who
//! else was let in when it was started.
//!
//! A page of another site can reach a server on this machine in two ways. It can send
//! requests to `localhost`: those carry its origin, see [`admit`]. Or its own name can be
//! made to point here (DNS rebinding), so that the browser takes both for one site: then
//! the `Host` header carries that name, see [`check_host`].

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::error::ApiError;
use super::token;
use crate::Access;

/// Refuses requests that were addressed to a name that is not this server's.
///
/// The port is not compared: behind an SSH tunnel or a container's port mapping it is
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

/// Refuses requests of those who are not to use the API.
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

/// Whether the request comes from a page that may use this server, or from none, as
/// programs send no origin; and whether it has the token, where one is wanted.
///
/// # Errors
/// If not.
pub(crate) fn admit(state: &AppState, request: &Request) -> Result<(), ApiError> {
    let access = &*state.access;
    let allowed = match request.headers().get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .is_ok_and(|origin| is_known_origin(origin, request.headers(), access)),
    };
    if !allowed {
        let message = "Pages of other sites may not use this server.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, message));
    }
    match &access.token {
        Some(token) if !token::is_there(token, request) => {
            let message = "This server wants a token: send it as \
                \"Authorization: Bearer TOKEN\", or open the page with ?token=TOKEN.";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, message))
        }
        _ => Ok(()),
    }
}

fn is_known_origin(origin: &str, headers: &HeaderMap, access: &Access) -> bool {
    if access.origins.iter().any(|known| known == origin) {
        return true;
    }
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    let Some(authority) = origin.authority() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    is_loopback_name(authority.host()) || host == Some(authority.as_str())
}

/// Whom the request was sent to: in its target, where that is a whole address, or in
/// its `Host` header, of which there must be one.
fn host(request: &Request) -> Option<Authority> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.clone());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// A number cannot be rebound, so on a server for others all numbers are its own.
fn is_our_name(host: &str, access: &Access) -> bool {
    let number = ip(host);
    is_loopback_name(host)
        || number == Some(access.host)
        || (number.is_some() && access.host.is_unspecified())
        || access.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
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
    fn a_server_for_others_goes_by_its_numbers_and_by_the_names_that_it_was_given() {
        let all = bound([0, 0, 0, 0]);
        assert!(is_our_name("10.0.0.1", &all));
        assert!(!is_our_name("example.com", &all));
        let named = Access { hosts: vec!["class.example".into()], ..all };
        assert!(is_our_name("Class.example", &named));
        assert!(!is_our_name("other.class.example", &named));
        let one = bound([10, 0, 0, 1]);
        assert!(is_our_name("10.0.0.1", &one));
        assert!(!is_our_name("10.0.0.2", &one));
    }
}
