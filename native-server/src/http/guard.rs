//! Who may talk to this server: this machine's programs and the pages it serves.
//!
//! A page of another site can reach a server on this machine in two ways. It can send
//! requests to `localhost`: those carry its origin, see [`check_origin`]. Or its own name
//! can be made to point here (DNS rebinding), so that the browser takes both for one site:
//! then the `Host` header carries that name, see [`check_host`].

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

/// Refuses requests that were addressed to a name that is not this server's.
///
/// The port is not compared: behind an SSH tunnel or a container's port mapping it is
/// another one, and no page can choose it.
pub(crate) async fn check_host(
    State(bound): State<IpAddr>,
    request: Request,
    next: Next,
) -> Response {
    match host(&request) {
        Some(host) if is_our_name(host.host(), bound) => next.run(request).await,
        _ => {
            let message = "This server does not go by this name. Open it as localhost, or by \
                           the address given with --host.\n";
            (StatusCode::MISDIRECTED_REQUEST, message).into_response()
        }
    }
}

/// Refuses requests of pages that neither this server nor another on this machine has
/// served. Programs send no origin.
pub(crate) async fn check_origin(request: Request, next: Next) -> Response {
    match known_origin(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Whether the request comes from a page that may use this server, or from none.
///
/// # Errors
/// If not.
pub(crate) fn known_origin(request: &Request) -> Result<(), ApiError> {
    let allowed = match request.headers().get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .ok()
            .and_then(|origin| origin.parse::<Uri>().ok())
            .is_some_and(|origin| is_known_origin(&origin, request.headers())),
    };
    match allowed {
        true => Ok(()),
        false => {
            let message = "Pages of other sites may not use this server.";
            Err(ApiError::new(StatusCode::FORBIDDEN, message))
        }
    }
}

fn is_known_origin(origin: &Uri, headers: &HeaderMap) -> bool {
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
fn is_our_name(host: &str, bound: IpAddr) -> bool {
    let number = ip(host);
    is_loopback_name(host)
        || number == Some(bound)
        || (number.is_some() && bound.is_unspecified())
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

    #[test]
    fn a_server_on_loopback_goes_by_loopback_names_only() {
        let bound = IpAddr::from([127, 0, 0, 1]);
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_our_name(host, bound), "{host}");
        }
        for host in ["example.com", "localhost.example.com", "10.0.0.1", "", "0x7f.1"] {
            assert!(!is_our_name(host, bound), "{host}");
        }
    }

    #[test]
    fn a_server_for_others_goes_by_its_numbers_but_by_no_name() {
        let all = IpAddr::from([0, 0, 0, 0]);
        assert!(is_our_name("10.0.0.1", all));
        assert!(!is_our_name("example.com", all));
        let one = IpAddr::from([10, 0, 0, 1]);
        assert!(is_our_name("10.0.0.1", one));
        assert!(!is_our_name("10.0.0.2", one));
    }
}
