//! The token that a server can be started with. Programs send it in a header; the page
//! gets it once by its address, and from then on the browser sends it as a cookie.

use axum::extract::Request;
use axum::http::header::{self, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

const COOKIE: &str = "nexttoken_token";

/// Whether a request carries the token.
pub(crate) fn is_there(token: &str, request: &Request) -> bool {
    let headers = request.headers();
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, given) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| given.trim().to_owned())
    });
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let cookie = cookies.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| percent_decode_str(value).decode_utf8().ok())?
    });
    let cookie = cookie.map(|value| value.into_owned());
    [bearer, cookie, in_query(request.uri())].iter().flatten().any(|it| same(it, token))
}

/// What a browser is answered that opens the page with the token in its address: the
/// same address without it, and a cookie. None if there is no token in it.
pub(crate) fn welcome(token: &str, uri: &Uri) -> Option<Response> {
    if !same(&in_query(uri)?, token) {
        return None;
    }
    let value =
        percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict");
    let cookie = HeaderValue::from_str(&cookie).ok()?;
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, "/".parse().ok()?)];
    Some((StatusCode::SEE_OTHER, headers).into_response())
}

fn in_query(uri: &Uri) -> Option<String> {
    let pairs = uri.query()?.split('&');
    let value = pairs.filter_map(|pair| pair.strip_prefix("token=")).next()?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// In a time that does not tell how much of it is right.
fn same(given: &str, token: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(token)
}
