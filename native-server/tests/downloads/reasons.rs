//! What a person is told when a hub, its file host or something between refuses.

use hub::HubError;

use crate::odd::{OddHub, fetch, file, listing, moved, status};

const WEIGHTS: &[u8] = b"weights";

/// What is said when the hub answers every question so.
async fn said(code: u16, headers: &'static [(&str, &str)], body: &'static str) -> String {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(move |_, _| status(code, headers, body)).await;
    let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    let text = error.to_string();
    let host = hub.endpoint.strip_prefix("http://").unwrap();
    assert!(text.contains(host), "the hub is named: {text}");
    assert!(!text.contains("hf_secret"), "{text}");
    text.replace(host, "HUB")
}

#[tokio::test]
async fn a_refusal_has_the_hubs_own_reason_and_only_gated_models_are_called_gated() {
    let disabled = [("x-error-message", "Access to this resource is disabled.")];
    let disabled: &'static [(&str, &str)] = Box::leak(Box::new(disabled));
    for (code, headers, body, part) in [
        (403, disabled, "", "it says: Access to this resource is disabled."),
        (
            403,
            &[("x-error-message", "The token lacks the permission.")],
            "",
            "it says: The token lacks the permission.",
        ),
        (403, &[("content-type", "text/html")], "<html>Blocked</html>", "proxy"),
        (403, &[("x-error-code", "GatedRepo")], "", "is gated on HUB"),
        (401, &[("x-error-code", "GatedRepo")], "", "is gated on HUB"),
        (451, &[("x-error-message", "Unavailable")], "", "it says: Unavailable."),
        (407, &[], "", "HTTPS_PROXY"),
        (401, &[], "", "does not let this access token read o/n"),
        (404, &[("x-error-code", "RepoNotFound")], "", "access token read o/n"),
        (
            404,
            &[("x-error-code", "RevisionNotFound")],
            "",
            "\"o/n\" at revision \"main\" was not found on HUB",
        ),
        (
            403,
            &[],
            r#"{"error":"Your plan does not allow it"}"#,
            "says: Your plan does not",
        ),
        (
            403,
            &[],
            r#"{"errors":[{"status":403,"message":"Not here"}]}"#,
            "says: Not here",
        ),
        (403, &[], r#"{"error":{"message":"No"}}"#, "it says: No."),
        (418, &[], "", "HUB refused \"o/n\" (418)"),
        (429, &[("retry-after", "3600")], "", "HUB asks to wait for 3600 seconds"),
        (507, &[("x-error-message", "No more room")], "", "it says: No more room."),
    ] {
        let text = said(code, headers, body).await;
        assert!(text.contains(part), "{code} {headers:?}: {text}");
        let gated = headers.iter().any(|(_, value)| *value == "GatedRepo");
        assert_eq!(text.contains("gated"), gated, "{code} {headers:?}: {text}");
    }
}

#[tokio::test]
async fn a_file_host_that_refuses_is_asked_again_and_then_named() {
    let cache = tempfile::tempdir().unwrap();
    let other = OddHub::start(|_, _| status(403, &[], "<Error>expired</Error>")).await;
    let place = format!("{}/signed", other.endpoint);
    let hub = OddHub::start(move |path, _| match path.starts_with("/api/") {
        true => listing("o/n", &[("m-Q8_0.gguf", WEIGHTS)]),
        false => moved(&place),
    })
    .await;
    let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    let host = other.endpoint.strip_prefix("http://").unwrap();
    assert!(error.to_string().contains(host), "{error}");
    assert!(matches!(error, HubError::Refused { status: 403, .. }), "{error}");
    assert!(other.asked().len() > 1, "an address may have ended by its time");
}

#[tokio::test]
async fn a_reason_from_outside_is_one_short_line() {
    let cache = tempfile::tempdir().unwrap();
    let long = "x".repeat(5000);
    let hub = OddHub::start(move |_, _| {
        status(403, &[("x-error-message", &format!("<b>no</b>\t{long}"))], "")
    })
    .await;
    let text = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err().to_string();
    assert!(text.len() < 600 && !text.contains('\t'), "{text}");
}

#[tokio::test]
async fn a_web_page_in_place_of_a_description_is_called_one() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|_, headers| {
        let mut response = file(b"<html>Please sign in</html>", headers);
        let kind = "text/html; charset=utf-8".parse().unwrap();
        response.headers_mut().insert("content-type", kind);
        response
    })
    .await;
    let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    assert!(error.to_string().contains("a web page"), "{error}");
}

#[tokio::test]
async fn a_web_page_in_place_of_a_file_is_called_one_and_not_asked_for_again() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| match path.starts_with("/api/") {
        true => listing("o/n", &[("m-Q8_0.gguf", WEIGHTS)]),
        false => {
            let mut response = file(b"<html>Please sign in</html>", headers);
            let kind = "text/html".parse().unwrap();
            response.headers_mut().insert("content-type", kind);
            response
        }
    })
    .await;
    let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    assert!(matches!(error, HubError::Page { .. }), "{error}");
    assert_eq!(hub.asked().len(), 2, "{:?}", hub.asked());
}
