//! Files, tokens and addresses that are nobody's business, and markup in names.

use axum::http::StatusCode;
use native_server::{Access, AppState, ServerLimits, ServerModels};
use protocol::{Command, ErrorCode, Event, HubModel, LocalFile, ModelSource, Precision};
use random_model::{Kind, Shape};
use serde_json::json;

use super::attacker::get;
use crate::fixture::Fixture;
use crate::socket::{Running, receive, send};

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
    let catalogue = ServerModels::new("", &dist);
    let state = AppState::new(engine, catalogue, dist, access, ServerLimits::default());
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
    let delete = Command::DeleteModel { name: "../x".into(), precision: Precision::Auto };
    send(&mut socket, 20, delete).await;
    let event = receive(&mut socket).await.event;
    assert!(matches!(event, Event::Failed(_)), "{event:?}");
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
