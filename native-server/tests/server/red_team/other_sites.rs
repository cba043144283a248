//! Names and pages of other sites.

use axum::http::{Method, StatusCode};
use native_server::{Access, AppState, ServerLimits, ServerModels};

use super::attacker::{closing_soon, exchange, get};
use crate::fixture::{Fixture, request};
use crate::hostile::start;

/// Routes of every kind.
const ROUTES: [&str; 9] = [
    "/",
    "/index.html",
    "/worker.js",
    "/api/models",
    "/api/ws",
    "/v1/models",
    "/hub/api/models",
    "/metrics",
    "/healthz",
];

#[tokio::test]
async fn names_that_only_look_like_this_machine_are_refused() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "<!doctype html>");
    for host in [
        "evil.example",
        "evil.example:5005",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1.evil.example:5005",
        "localhost.",
        "localhost:5005.evil.example",
        "localhost:99999",
        "localhost:",
        "localhost@evil.example",
        "evil.example@localhost",
        "[::1].evil.example",
        "[::ffff:10.0.0.1]:5005",
        "[fe80::1]",
        "0.0.0.0:5005",
        "0x7f.1",
        "2130706433",
        "localhost, evil.example",
        "localhost evil.example",
        "localhost/evil.example",
        "localhost#evil.example",
    ] {
        for path in ROUTES {
            let status = get(&fixture, path, &[("host", host)]).await.status;
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host} on {path}");
        }
    }
}

#[tokio::test]
async fn a_request_has_one_host_whichever_way_it_is_written() {
    let (address, _fixture) = start(closing_soon()).await;
    for head in [
        "GET /api/models HTTP/1.1\r\n",
        "GET /api/models HTTP/1.0\r\n",
        "GET /api/models HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n",
        "GET /api/models HTTP/1.1\r\nhost: evil.example\r\nhost: localhost\r\n",
        "GET http://evil.example/api/models HTTP/1.1\r\nhost: localhost\r\n",
        "GET http://localhost/api/models HTTP/1.1\r\nhost: evil.example\r\n",
        "GET http://localhost@evil.example/api/models HTTP/1.1\r\nhost: localhost\r\n",
        "GET http://evil.example/api/models HTTP/1.1\r\n",
        "GET /api/models HTTP/1.1\r\nhost: \r\n",
        "GET /api/models HTTP/1.1\r\nx-forwarded-host: localhost\r\nhost: evil.example\r\n",
        "GET /api/models HTTP/1.1\r\nforwarded: host=localhost\r\nhost: evil.example\r\n",
    ] {
        let told =
            exchange(address, format!("{head}connection: close\r\n\r\n").as_bytes())
                .await;
        assert!(
            told.starts_with("HTTP/1.1 421") || told.starts_with("HTTP/1.0 421"),
            "{head} gave {told}"
        );
    }
    let same = "GET http://localhost/api/models HTTP/1.1\r\nhost: localhost\r\n\
                connection: close\r\n\r\n";
    let told = exchange(address, same.as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
}

#[tokio::test]
async fn origins_that_only_look_like_this_machine_are_refused_and_cannot_read() {
    let origins = vec!["https://class.example".parse().unwrap()];
    let Fixture { folder, state } = Fixture::loading();
    let dist = folder.path().join("dist");
    let access = Access { origins, ..Access::default() };
    let catalogue = ServerModels::new("", &dist);
    let engine = state.engine().clone();
    let state = AppState::new(engine, catalogue, dist, access, ServerLimits::default());
    let fixture = Fixture { folder, state };
    for origin in [
        "null",
        "",
        "file://",
        "https://evil.example",
        "https://class.example.evil.example",
        "https://class.example@evil.example",
        "https://class.example:8443",
        "http://class.example",
        "https://class.example/",
        "https://evilclass.example",
        "http://localhost.evil.example",
        "http://localhost:5005.evil.example",
        "http://localhost:5005@evil.example",
        "http://evil.example#localhost",
        "http://evil.example?localhost",
        "http://evil.example/localhost",
        "http://127.0.0.1.evil.example",
        "http://localhost, http://evil.example",
        "ftp://localhost",
        "chrome-extension://abcdef",
        "javascript://localhost",
        "localhost:5005",
        "//localhost",
    ] {
        for path in
            ["/api/models", "/api/ws", "/v1/models", "/hub/api/models", "/metrics"]
        {
            let answer = get(&fixture, path, &[("origin", origin)]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin} on {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
    let two = [("origin", "http://localhost"), ("origin", "https://evil.example")];
    assert_eq!(get(&fixture, "/api/models", &two).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn requests_that_need_no_preflight_have_no_effect_from_another_site() {
    let fixture = Fixture::new().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
    {
        let headers = [("origin", "https://evil.example"), ("content-type", kind)];
        for (path, body) in [
            ("/api/score", "{\"text\":\"Hello\"}"),
            ("/api/generate", "{\"text\":\"Hello\"}"),
            ("/v1/completions", "{\"prompt\":\"Hello\"}"),
        ] {
            let answer = fixture.send(request(Method::POST, path, &headers, body)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{kind} to {path}");
        }
    }
    let metrics = fixture.get("/metrics").await.text();
    assert!(metrics.contains("nexttoken_tokens_read_total 0"), "{metrics}");
}

#[tokio::test]
async fn pictures_scripts_and_frames_of_another_site_get_nothing() {
    let fixture = Fixture::loading();
    let from = |mode, place| {
        [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", place),
        ]
    };
    for headers in [
        from("no-cors", "image"),
        from("no-cors", "script"),
        from("navigate", "iframe"),
        from("websocket", "websocket"),
    ] {
        for path in ["/api/models", "/api/ws", "/api/docs", "/v1/models", "/metrics"] {
            let status = get(&fixture, path, &headers).await.status;
            assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?} on {path}");
        }
    }
    // A person may follow a link; but not one that begins a download.
    let link = from("navigate", "document");
    assert_eq!(get(&fixture, "/api/docs", &link).await.status, StatusCode::OK);
    let file = "/hub/owner/name/resolve/main/model.safetensors";
    assert_eq!(get(&fixture, file, &link).await.status, StatusCode::FORBIDDEN);
    // Nothing of this server can be shown within another page.
    for path in ["/api/docs", "/api/models", "/missing"] {
        let answer = fixture.get(path).await;
        assert!(
            answer.header("content-security-policy").contains("frame-ancestors 'none'")
        );
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}
