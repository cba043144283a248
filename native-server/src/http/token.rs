//! The token that a server can be started with. Programs send it in a header; the page
//! gets it once by its address, and from then on the browser sends a cookie, in which
//! stands not the token but what was made of it: browsers send cookies to all programs
//! that listen at the same name, on whichever port.

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
    // A WebSocket cannot be given headers by a page of another server.
    let socket = request.extensions().get::<OriginalUri>();
    let by_address = socket.filter(|OriginalUri(uri)| uri.path() == SOCKET);
    let by_address = by_address.and_then(|OriginalUri(uri)| in_query(uri));
    let is_token = |given: Option<String>| {
        given.is_some_and(|given| are_equal(&given, token.secret()))
    };
    cookie || is_token(bearer) || is_token(by_address)
}

/// What a browser is answered that opens the page with the token in its address: the
/// same address without it, and a cookie. None if there is no token in it.
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

/// What the browser keeps in place of the token.
fn cookie_value(token: &AccessToken) -> String {
    let hash = Sha256::new()
        .chain_update("a page of the Next-AccessToken Visualizer knows the token ")
        .chain_update(token.secret())
        .finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn in_query(uri: &Uri) -> Option<String> {
    let pairs = uri.query()?.split('&');
    let value = pairs.filter_map(|pair| pair.strip_prefix("token=")).next()?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// In a time that does not tell how much of it is right.
fn are_equal(given: &str, right: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(right)
}
