//! The files of the site.

use axum::http::{Method, StatusCode};

use crate::fixture::{Fixture, request};

#[tokio::test]
async fn the_page_may_run_its_own_start_script_and_no_other() {
    let fixture = Fixture::loading();
    fixture
        .add_file("index.html", "<!doctype html><script type=\"module\">go()</script>");
    for path in ["/", "/index.html", "/?q=1"] {
        let answer = fixture.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.header("content-type").starts_with("text/html"));
        assert_eq!(answer.header("cache-control"), "no-cache");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"));
    }
}

#[tokio::test]
async fn a_site_that_was_not_built_is_explained() {
    let fixture = Fixture::loading();
    let answer = fixture.get("/").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text().contains("cargo xtask serve"));
}

#[tokio::test]
async fn files_have_their_types_and_names_with_a_hash_are_kept() {
    let fixture = Fixture::loading();
    let cases = [
        (
            "app-7101681c6c1dfd69_bg.wasm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        ("worker_bg.wasm", "application/wasm", "no-cache"),
        ("worker.js", "text/javascript", "no-cache"),
        ("demo-model/config.json", "application/json", "no-cache"),
    ];
    for (name, kind, cache) in cases {
        fixture.add_file(name, "content");
        let answer = fixture.get(&format!("/{name}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.text(), "content");
        assert_eq!(answer.header("content-type"), kind, "{name}");
        assert_eq!(answer.header("cache-control"), cache, "{name}");
        let known = [("if-modified-since", answer.header("last-modified"))];
        let again = request(Method::GET, &format!("/{name}"), &known, "");
        assert_eq!(fixture.send(again).await.status, StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn a_missing_file_is_missing_and_not_the_page() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "<!doctype html>");
    fixture.add_file("demo-model/config.json", "{}");
    for path in ["/missing.wasm", "/chat", "/demo-model", "/demo-model/", "/api.js"] {
        let answer = fixture.get(path).await;
        assert!(!answer.status.is_success(), "{path} gave {}", answer.status);
        assert!(!answer.text().contains("<!doctype"), "{path}");
    }
    assert_eq!(fixture.get("/missing.wasm").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_outside_of_the_folder_can_be_read() {
    let fixture = Fixture::loading();
    fixture.add_file("index.html", "");
    let secret = fixture.folder.path().join("secret");
    std::fs::write(&secret, "secret").unwrap();
    let absolute = secret.display().to_string();
    let paths = [
        "/../secret".into(),
        "/x/../../secret".into(),
        "/%2e%2e/secret".into(),
        "/..%2fsecret".into(),
        "/%2e%2e%2fsecret".into(),
        "/..%5csecret".into(),
        "/.%00./secret".into(),
        format!("/{absolute}"),
        format!("/%2f{}", &absolute[1..]),
    ];
    for path in paths {
        let answer = fixture.get(&path).await;
        assert!(!answer.status.is_success(), "{path} gave {}", answer.status);
        assert!(!answer.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn files_cannot_be_written() {
    let fixture = Fixture::loading();
    fixture.add_file("worker.js", "old");
    let answer = fixture.post("/worker.js", "new").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(fixture.get("/worker.js").await.text(), "old");
}
