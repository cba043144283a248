//! A server that was opened to others: its token, its names, the sites that it lets in;
//! and what it tells of itself.

use std::net::Ipv4Addr;

use axum::http::{Method, StatusCode};
use native_server::{Access, AppState, Catalogue, EngineHandle, Limits};
use serde_json::json;

use crate::fixture::{Answer, Fixture, request};

const ROUTES: [&str; 9] = [
    "/api/models",
    "/api/openapi.json",
    "/api/docs",
    "/api/ws",
    "/api/missing",
    "/v1/models",
    "/v1/models/demo",
    "/v1/missing",
    "/metrics",
];
const QUESTIONS: [&str; 8] = [
    "/api/next-token",
    "/api/chat",
    "/api/tokenize",
    "/api/distribution",
    "/api/score",
    "/api/generate",
    "/v1/completions",
    "/v1/chat/completions",
];

fn opened(access: Access) -> Fixture {
    let fixture = Fixture::loading();
    let dist = fixture.folder.path().join("dist");
    let engine: EngineHandle = fixture.state.engine().clone();
    let catalogue = Catalogue::new("", &dist);
    let state = AppState::new(engine, catalogue, dist, access, Limits::default());
    Fixture { state, ..fixture }
}

fn with_token() -> Fixture {
    opened(Access { token: Some("pass word&".into()), ..Access::default() })
}

async fn ask(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Answer {
    fixture.send(request(Method::GET, path, headers, "")).await
}

#[tokio::test]
async fn without_the_token_no_route_answers() {
    let fixture = with_token();
    let wrong = [
        vec![],
        vec![("authorization", "Bearer wrong")],
        vec![("authorization", "Basic cGFzcyB3b3JkJg==")],
        vec![("authorization", "Bearer")],
        vec![("cookie", "nexttoken_token=wrong")],
        vec![("cookie", "other=pass%20word%26")],
    ];
    for headers in wrong {
        for path in ROUTES {
            let answer = ask(&fixture, path, &headers).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {headers:?}");
        }
        for path in QUESTIONS {
            let request = request(Method::POST, path, &headers, "{}");
            let answer = fixture.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {headers:?}");
        }
    }
    let answer = ask(&fixture, "/v1/models", &[]).await;
    assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
}

#[tokio::test]
async fn with_the_token_in_any_of_its_places_all_routes_answer() {
    let fixture = with_token();
    let right = [
        ("authorization", "Bearer pass word&"),
        ("cookie", "a=b; nexttoken_token=pass%20word%26"),
    ];
    for header in right {
        let answer = ask(&fixture, "/api/models", &[header]).await;
        assert_eq!(answer.status, StatusCode::OK, "{header:?}");
    }
    let answer = ask(&fixture, "/api/models?token=pass%20word%26", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_gets_the_token_once_by_its_address() {
    let fixture = with_token();
    fixture.add_file("index.html", "<!doctype html>");
    let answer = ask(&fixture, "/?token=pass%20word%26", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap();
    let answer = ask(&fixture, "/api/models", &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let wrong = ask(&fixture, "/?token=wrong", &[]).await;
    assert_eq!(wrong.status, StatusCode::OK);
    assert_eq!(wrong.header("set-cookie"), "");
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_on_the_new_routes_too() {
    let fixture = Fixture::loading();
    let headers = [("origin", "https://example.com"), ("content-type", "text/plain")];
    for path in ROUTES {
        let answer = ask(&fixture, path, &headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in QUESTIONS {
        let answer = fixture.send(request(Method::POST, path, &headers, "{}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ROUTES.iter().chain(&QUESTIONS).chain(&["/healthz"]) {
        let answer = ask(&fixture, path, &[("host", "example.com")]).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_site_on_the_list_may_ask_and_read_the_answer_and_no_other_may() {
    let origins = vec!["https://class.example".to_owned()];
    let fixture = opened(Access { origins, ..Access::default() });
    let listed = ("origin", "https://class.example");
    for path in ["/api/models", "/v1/completions"] {
        let asked = [listed, ("access-control-request-method", "POST")];
        let preflight = fixture.send(request(Method::OPTIONS, path, &asked, "")).await;
        assert_eq!(preflight.status, StatusCode::OK);
        let allowed = preflight.header("access-control-allow-origin");
        assert_eq!(allowed, "https://class.example", "{path}");
    }
    let answer = ask(&fixture, "/api/models", &[listed]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "https://class.example");
    for origin in ["https://other.example", "http://class.example"] {
        let answer = ask(&fixture, "/api/models", &[("origin", origin)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn a_server_for_others_goes_by_the_names_that_it_was_given() {
    let hosts = vec!["class.example".to_owned()];
    let host = Ipv4Addr::UNSPECIFIED.into();
    let fixture = opened(Access { hosts, host, ..Access::default() });
    for (host, status) in [
        ("class.example:5005", StatusCode::OK),
        ("10.0.0.7:5005", StatusCode::OK),
        ("other.example", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let answer = ask(&fixture, "/api/models", &[("host", host)]).await;
        assert_eq!(answer.status, status, "{host}");
    }
}

#[tokio::test]
async fn health_says_whether_questions_are_answered() {
    let ready = Fixture::new().await.get("/healthz").await;
    assert_eq!(
        (ready.status, ready.json()),
        (StatusCode::OK, json!({"status": "ready"}))
    );
    let loading = Fixture::loading().get("/healthz").await;
    assert_eq!(loading.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(loading.json()["status"], "loading");
    let broken = Fixture::broken().await.get("/healthz").await;
    assert_eq!(broken.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(broken.json()["status"], "failed");
    // Whoever watches the server need not know the token.
    let guarded = with_token().get("/healthz").await;
    assert_eq!(guarded.json()["status"], "loading");
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_tokens() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        fixture.post("/api/score", json!({ "text": "Hello" })).await;
    }
    fixture.get("/nowhere/secret-name").await;
    let answer = fixture.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text();
    let line = "nexttoken_http_requests_total\
                {method=\"POST\",route=\"/api/score\",status=\"200\"} 3";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("nexttoken_tokens_read_total 5"), "{text}");
    assert!(!text.contains("secret-name"));
    assert!(text.ends_with("# EOF\n"));
}
