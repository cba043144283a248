//! Requests that are made to be read in two ways, or to exhaust.

use axum::http::{Method, StatusCode};

use super::attacker::{closing_soon, exchange, get};
use crate::fixture::{Fixture, request};
use crate::hostile::{is_well, start};

#[tokio::test]
async fn names_cannot_add_headers_to_an_answer() {
    let fixture = Fixture::new().await;
    for path in [
        "/v1/models/a%0d%0aset-cookie:%20x=y",
        "/hub/a%0d%0aset-cookie:%20x=y/b/resolve/main/c",
        "/hub/api/models/a%0d%0aset-cookie:%20x=y",
        "/a%0d%0aset-cookie:%20x=y",
        "/?token=a%0d%0aset-cookie:%20x=y",
    ] {
        let answer = get(&fixture, path, &[]).await;
        assert_eq!(answer.header("set-cookie"), "", "{path}");
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    let headers =
        [("origin", "http://localhost"), ("access-control-request-method", "POST")];
    let preflight = request(Method::OPTIONS, "/api/score", &headers, "");
    assert_eq!(fixture.send(preflight).await.header("set-cookie"), "");
}

#[tokio::test]
async fn requests_whose_end_is_in_doubt_are_not_read_in_two_ways() {
    let (address, _fixture) = start(closing_soon()).await;
    let second = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for head in [
        "content-length: 2\r\ncontent-length: 60\r\n",
        "content-length: +2\r\n",
        "content-length: 0x2\r\n",
        "content-length: 2, 60\r\n",
        "content-length : 2\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding\r\n",
        "content-length: 2\r\n transfer-encoding: chunked\r\n",
    ] {
        let request = format!(
            "POST /api/score HTTP/1.1\r\nhost: localhost\r\n{head}\r\n{{}}{second}"
        );
        let told = exchange(address, request.as_bytes()).await;
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 4"),
            "{head:?} gave {told}"
        );
        assert!(!told.contains("200 OK"), "{head:?} gave {told}");
    }
    is_well(address).await;
}

#[tokio::test]
async fn a_body_with_both_kinds_of_length_is_the_last_that_its_connection_is_asked() {
    let (address, _fixture) = start(closing_soon()).await;
    let second = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let request = format!(
            "POST /api/score HTTP/1.1\r\nhost: localhost\r\n{lengths}\r\n0\r\n\r\n{second}"
        );
        let told = exchange(address, request.as_bytes()).await;
        assert!(!told.contains("200 OK"), "{lengths:?} gave {told}");
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 4"),
            "{lengths:?} gave {told}"
        );
    }
    is_well(address).await;
}

#[tokio::test]
async fn methods_that_no_route_has_are_refused_without_an_echo() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "");
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for path in ["/", "/api/models", "/v1/models", "/hub/api/models", "/index.html"] {
            let headers = [("authorization", "Bearer s3cret")];
            let answer = fixture.send(request(method.clone(), path, &headers, "")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(!answer.text().contains("s3cret"));
        }
    }
}

#[tokio::test]
async fn bodies_that_are_made_to_exhaust_are_refused() {
    let fixture = Fixture::new().await;
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_member = format!("{{\"text\":{deep}}}");
    for body in [&*deep, &*deep_member, "\u{1f}\u{8b}\u{8}", "{\"text\":\"\\ud800\"}"] {
        let headers = [("content-encoding", "gzip")];
        for path in ["/api/score", "/v1/completions"] {
            let answer = fixture.send(request(Method::POST, path, &headers, body)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} with {body:.20}");
        }
    }
    let many: Vec<String> = (0..10_000).map(|index| format!("\"x{index}\":1")).collect();
    let body = format!("{{\"text\":\"a\",{}}}", many.join(","));
    let answer = fixture.post("/api/score", body).await;
    assert!(answer.error(StatusCode::BAD_REQUEST).len() < 200);
}
