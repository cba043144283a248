//! The token of the API. Programs send it in a header. The page gets it once by its address;
//! from then on the browser sends a cookie. The cookie has a hash of the token, because
//! browsers send cookies to all programs that listen at the same host, on any port.

use axum::extract::{OriginalUri, Request};
use axum::http::header::{self, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::AccessToken;

/// The route of the WebSocket.
const SOCKET: &str = "/api/ws";
const COOKIE: &str = "nexttoken_token";

/// Whether a request carries the token.
pub(crate) fn is_carried_by(token: &AccessToken, request: &Request) -> bool {
    let headers = request.headers();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, given) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| given.trim().to_owned())
    });
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let cookie = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(name, value)| name == COOKIE && are_equal(value, &cookie_value(token)));
    // Pages of other servers cannot set headers of a WebSocket.
    let socket = request.extensions().get::<OriginalUri>();
    let by_address = socket.filter(|OriginalUri(uri)| uri.path() == SOCKET);
    let by_address = by_address.and_then(|OriginalUri(uri)| in_query(uri));
    let is_token = |given: Option<String>| {
        given.is_some_and(|given| are_equal(&given, token.secret()))
    };
    cookie || is_token(bearer) || is_token(by_address)
}

/// The response to a browser that opens the page with the token in its address: a redirect
/// to the address without it, and a cookie. None if the address does not have the token.
pub(crate) fn sign_in(token: &AccessToken, uri: &Uri) -> Option<Response> {
    if !are_equal(&in_query(uri)?, token.secret()) {
        return None;
    }
    let cookie_value = cookie_value(token);
    let cookie = format!("{COOKIE}={cookie_value}; Path=/; HttpOnly; SameSite=Strict");
    let cookie = HeaderValue::from_str(&cookie).ok()?;
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, "/".parse().ok()?)];
    Some((StatusCode::SEE_OTHER, headers).into_response())
}

/// The value of the cookie.
fn cookie_value(token: &AccessToken) -> String {
    let hash = Sha256::new()
        .chain_update("a page of the Next-AccessToken Visualizer knows the token ")
        .chain_update(token.secret())
        .finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The pass of a class in an address.
pub(crate) fn pass_of(request: &Request) -> Option<String> {
    member(request.uri(), "pass")
}

fn in_query(uri: &Uri) -> Option<String> {
    member(uri, "token")
}

/// A member of an address's query.
fn member(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// Compares without revealing by the time that it takes how much is equal.
fn are_equal(given: &str, right: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(right)
}
