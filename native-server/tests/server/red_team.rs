//! Ways to get in, or to get a token, a text or a file out, that pages of other sites and
//! programs on the network have: each is tried, and each fails.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use native_server::{Access, AppState, Catalogue, Limits};
use protocol::{Command, ErrorCode, Event, HubModel, LocalFile, ModelSource, Precision};
use random_model::{Kind, Shape};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{Answer, Fixture, request};
use crate::hostile::{is_well, start};
use crate::socket::{Running, receive, send};

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

async fn get(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Answer {
    fixture.send(request(Method::GET, path, headers, "")).await
}

/// Limits under which a connection is closed soon after its last request.
fn closing_soon() -> Limits {
    Limits { head_time: Duration::from_millis(500), ..Limits::default() }
}

/// All that comes back to some bytes, until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read all.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("it is closed").ok();
    String::from_utf8_lossy(&answer).into_owned()
}

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
    let catalogue = Catalogue::new("", &dist);
    let engine = state.engine().clone();
    let state = AppState::new(engine, catalogue, dist, access, Limits::default());
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

#[tokio::test]
async fn files_outside_of_the_site_are_out_of_reach_however_the_path_is_written() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "");
    std::fs::write(fixture.folder.path().join("secret"), "s3cret").unwrap();
    for path in [
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/%252e%252e%252fsecret",
        "/%252e%252e/secret",
        "/..%255csecret",
        "/..%5csecret",
        "/..\\secret",
        "/....//secret",
        "/.%2e/secret",
        "/%c0%ae%c0%ae/secret",
        "/index.html%00/../../secret",
        "/index.html/../../secret",
        "/%2f..%2fsecret",
        "/;/../secret",
        "/demo-model/..%2f..%2fsecret",
        "/file:///etc/passwd",
        "/C:%5csecret",
    ] {
        let Ok(uri) = path.parse::<axum::http::Uri>() else { continue };
        let answer = get(&fixture, &uri.to_string(), &[]).await;
        assert!(!answer.status.is_success(), "{path} gave {}", answer.status);
        assert!(!answer.text().contains("s3cret"), "{path}");
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[tokio::test]
async fn no_part_of_a_token_is_a_token() {
    let Fixture { folder, state } = Fixture::loading();
    let dist = folder.path().join("dist");
    let token = Some("correct horse".parse().unwrap());
    let access = Access { token, ..Access::default() };
    let engine = state.engine().clone();
    let catalogue = Catalogue::new("", &dist);
    let state = AppState::new(engine, catalogue, dist, access, Limits::default());
    let fixture = Fixture { folder, state };
    for given in ["correct", "correct hors", "correct horse battery", "CORRECT HORSE", ""]
    {
        let header = format!("Bearer {given}");
        let answer = get(&fixture, "/api/models", &[("authorization", &*header)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{given}");
        assert!(!answer.text().contains("horse"), "{}", answer.text());
    }
    for (name, value) in [
        ("authorization", "correct horse"),
        ("authorization", "Bearercorrect horse"),
        ("x-api-key", "correct horse"),
        ("cookie", "nexttoken_token=correct horse"),
        ("cookie", "nexttoken_token=correct%20horse"),
    ] {
        let answer = get(&fixture, "/api/models", &[(name, value)]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {value}");
    }
    let right =
        get(&fixture, "/api/models", &[("authorization", "bearer correct horse")]);
    assert_eq!(right.await.status, StatusCode::OK);
}

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
async fn markup_in_a_models_name_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let name = "<img src=x onerror=alert(1)>\"'&";
    let model = folder.path().join(name);
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    files.write_to(&model).unwrap();
    let dist = folder.path().join("dist");
    let fixture = Fixture::of_model(folder, &model, &dist).await;
    assert_eq!(fixture.get("/v1/models").await.json()["data"][0]["id"], name);
    let docs = fixture.get("/api/docs").await.text();
    assert!(docs.contains("&lt;img src=x") && !docs.contains("<img"), "{docs}");
    for (path, body) in [
        (
            "/v1/completions",
            json!({ "prompt": "a", "model": "<script>alert(1)</script>" }),
        ),
        ("/v1/completions", json!({ "prompt": "a", "<script>": 1 })),
        ("/api/score", json!({ "text": "a", "<script>": 1 })),
    ] {
        let answer = fixture.post(path, body).await;
        assert!(answer.status.is_client_error());
        // Whatever is in it, no browser takes it for a page.
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for path in
        ["/%3Cscript%3E", "/hub/%3Cscript%3E/b/resolve/main/c", "/v1/%3Cscript%3E"]
    {
        let answer = fixture.get(path).await;
        assert!(!answer.header("content-type").contains("html"), "{path}");
    }
}

#[tokio::test]
async fn no_client_makes_the_server_fetch_an_address() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    let inner = "http://169.254.169.254/latest/meta-data";
    let hub = |endpoint: &str, name: &str| {
        let (endpoint, name) = (endpoint.into(), name.into());
        ModelSource::Hub(HubModel { endpoint, name, ..HubModel::default() })
    };
    let file = LocalFile { name: "a.gguf".into(), url: "file:///etc/passwd".into() };
    for (id, source) in (1..).zip([
        ModelSource::Address { url: inner.into() },
        ModelSource::Address { url: "file:///etc/passwd".into() },
        hub(inner, "owner/name"),
        hub("", inner),
        hub("", "../../etc/passwd"),
        ModelSource::Files { files: vec![file] },
    ]) {
        send(&mut socket, id, Command::Load { source, precision: Precision::Auto }).await;
        let Event::Failed(failure) = receive(&mut socket).await.event else {
            panic!("it is refused")
        };
        assert_eq!(failure.code, ErrorCode::Unsupported);
    }
    for (id, command) in [
        (20, Command::ListModels),
        (21, Command::DeleteModel { name: "../x".into(), precision: Precision::Auto }),
    ] {
        send(&mut socket, id, command).await;
        let event = receive(&mut socket).await.event;
        assert!(matches!(event, Event::Failed(_)), "{event:?}");
    }
    let fixture = Fixture::new().await;
    for model in [inner, "owner/other", "/etc/passwd", "file:///etc/passwd"] {
        let body = json!({ "prompt": "a", "model": model });
        let answer = fixture.post("/v1/completions", body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{model}");
    }
    for path in [
        "/hub/http://169.254.169.254/resolve/main/x",
        "/hub/169.254.169.254/x/resolve/main/x",
        "/hub/a/b/resolve/http:%2f%2fevil.example/x",
    ] {
        let answer = fixture.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
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
