//! Who is let in, and what every response carries.

use axum::http::{Method, StatusCode};

use crate::fixture::{Fixture, request};

async fn status(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> StatusCode {
    fixture.send(request(Method::GET, path, headers, "")).await.status
}

#[tokio::test]
async fn a_name_that_was_made_to_point_here_is_refused_everywhere() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "<!doctype html>");
    for path in ["/", "/worker.js", "/api/models", "/api/ws"] {
        for host in ["example.com", "localhost.example.com:5005", "10.0.0.1:5005", ""] {
            let status = status(&fixture, path, &[("host", host)]).await;
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host:?} on {path}");
        }
    }
    let two = [("host", "localhost"), ("host", "example.com")];
    assert_eq!(status(&fixture, "/", &two).await, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn this_machine_is_let_in_by_all_its_names_and_through_a_tunnel() {
    let fixture = Fixture::loading();
    for host in ["localhost:5005", "127.0.0.1:5005", "[::1]:5005", "localhost:8080"] {
        let status = status(&fixture, "/api/models", &[("host", host)]).await;
        assert_eq!(status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_on_every_route() {
    let fixture = Fixture::loading();
    let origins = [
        "https://example.com",
        "http://localhost.example.com",
        "http://10.0.0.1:5005",
        "null",
        "file://",
        "",
    ];
    for origin in origins {
        let headers = [("origin", origin), ("content-type", "text/plain")];
        for path in ["/api/models", "/api/ws"] {
            let status = status(&fixture, path, &headers).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{origin:?} on {path}");
        }
        for path in ["/api/next-token", "/api/chat"] {
            let request = request(Method::POST, path, &headers, "{\"text\":\"a\"}");
            let answer = fixture.send(request).await;
            assert!(answer.error(StatusCode::FORBIDDEN).contains("other sites"));
        }
    }
}

#[tokio::test]
async fn pages_of_this_machine_are_let_in() {
    let fixture = Fixture::loading();
    for origin in ["http://localhost:5005", "http://127.0.0.1:8080", "http://[::1]:3000"]
    {
        let status = status(&fixture, "/api/models", &[("origin", origin)]).await;
        assert_eq!(status, StatusCode::OK, "{origin}");
    }
}

#[tokio::test]
async fn every_response_is_isolated_and_guarded() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "<!doctype html>");
    fixture.add_file("worker.js", "");
    let wrong_host = [("host", "example.com")];
    for (path, headers) in [
        ("/", &[][..]),
        ("/worker.js", &[]),
        ("/missing", &[]),
        ("/api/models", &[]),
        ("/api/missing", &[]),
        ("/", &wrong_host),
    ] {
        let answer = fixture.send(request(Method::GET, path, headers, "")).await;
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {path}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("'wasm-unsafe-eval'"), "{policy} of {path}");
        assert!(!policy.contains("'unsafe-"), "{policy} of {path}");
        // Files of the device, and native servers elsewhere.
        assert!(policy.contains("connect-src 'self' blob: https: http: wss: ws:;"));
        assert!(policy.contains("frame-ancestors 'none'"), "{policy} of {path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
}
