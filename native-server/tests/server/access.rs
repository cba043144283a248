//! A server that was opened to others: its token, its names, the sites that it lets in;
//! and what it tells of itself.

use std::net::Ipv4Addr;

use axum::http::{Method, StatusCode};
use native_server::{Access, AppState, EngineHandle, ServerLimits, ServerModels};
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
const QUESTIONS: [&str; 13] = [
    "/api/next-token",
    "/api/chat",
    "/api/tokenize",
    "/api/distribution",
    "/api/verify",
    "/api/score",
    "/api/look-up",
    "/api/grow",
    "/api/compare",
    "/api/log-probabilities",
    "/api/generate",
    "/v1/completions",
    "/v1/chat/completions",
];

pub(crate) fn opened(access: Access) -> Fixture {
    let fixture = Fixture::loading();
    let dist = fixture.folder.path().join("dist");
    let engine: EngineHandle = fixture.state.engine().clone();
    let catalogue = ServerModels::new("", &dist);
    let state = AppState::new(engine, catalogue, dist, access, ServerLimits::default());
    Fixture { state, ..fixture }
}

fn with_token() -> Fixture {
    opened(Access { token: Some("pass word&".parse().unwrap()), ..Access::default() })
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
        vec![("cookie", "nexttoken_token=pass%20word%26")],
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
async fn programs_send_the_token_in_a_header_and_no_address_of_the_api_has_it() {
    let fixture = with_token();
    let header = ("authorization", "Bearer pass word&");
    for path in ["/api/models", "/metrics"] {
        let answer = ask(&fixture, path, &[header]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        // Addresses end up in logs and histories.
        let address = format!("{path}?token=pass%20word%26");
        let answer = ask(&fixture, &address, &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!answer.text().contains("word"), "{}", answer.text());
    }
    // Of a WebSocket a page of another server can say nothing else.
    let answer = ask(&fixture, "/api/ws?token=pass%20word%26", &[]).await;
    assert_eq!(answer.status, StatusCode::UPGRADE_REQUIRED);
}

#[tokio::test]
async fn the_page_gets_a_cookie_for_the_token_in_its_address_and_not_the_token() {
    let fixture = with_token();
    fixture.add_file("index.html", "<!doctype html>");
    let answer = ask(&fixture, "/?token=pass%20word%26", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cache-control"), "no-store");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    // Other servers of the same name get cookies, too: ports are not told apart.
    assert!(!cookie.contains("pass") && !cookie.contains("word"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    for all in [cookie.to_owned(), format!("a=b; {cookie}; c=d")] {
        let answer = ask(&fixture, "/api/models", &[("cookie", &*all)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{all}");
    }
    let stolen = cookie.split_once('=').unwrap().1;
    let bearer = format!("Bearer {stolen}");
    let answer = ask(&fixture, "/api/models", &[("authorization", &*bearer)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
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
    let origins = vec!["https://class.example".parse().unwrap()];
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

/// What the official client for JavaScript sends beside the usual.
const SDK_HEADERS: &str = "authorization,content-type,x-stainless-arch,x-stainless-lang,\
                           x-stainless-os,x-stainless-retry-count,x-stainless-timeout";

#[tokio::test]
async fn pages_that_are_answered_can_read_the_answer_whatever_headers_they_send() {
    let origins = vec!["https://class.example".parse().unwrap()];
    let fixture = opened(Access { origins, ..Access::default() });
    let page = "http://localhost:5005";
    for origin in ["https://class.example", "http://localhost:5173", page] {
        for path in ["/v1/chat/completions", "/api/score", "/hub/api/models"] {
            let asked = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", SDK_HEADERS),
                ("access-control-request-private-network", "true"),
            ];
            let preflight = request(Method::OPTIONS, path, &asked, "");
            let preflight = fixture.send(preflight).await;
            let allowed = preflight.header("access-control-allow-headers");
            assert_eq!(allowed, SDK_HEADERS, "{origin} on {path}");
            assert_eq!(preflight.header("access-control-allow-origin"), origin);
            assert_eq!(preflight.header("access-control-allow-private-network"), "true");
        }
        let answer = ask(&fixture, "/api/models", &[("origin", origin)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert!(answer.header("vary").contains("origin"), "{:?}", answer.headers);
        // A cookie is for the server's own page alone.
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let asked =
        [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let preflight = request(Method::OPTIONS, "/v1/chat/completions", &asked, "");
    let preflight = fixture.send(preflight).await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_server_for_others_goes_by_the_names_that_it_was_given() {
    let hosts = vec!["class.example".parse().unwrap()];
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

#[tokio::test]
async fn answers_are_compressed_for_other_machines_and_not_for_this_one() {
    let fixture = opened(Access {
        hosts: vec!["class.example".parse().unwrap()],
        ..Access::default()
    });
    let text = "body { color: black; }\n".repeat(1000);
    fixture.add_file("base.css", &text);
    fixture.add_file("model.safetensors", &text);
    let asked = [("host", "class.example"), ("accept-encoding", "gzip, br")];
    let style = ask(&fixture, "/base.css", &asked).await;
    assert_eq!(style.header("content-encoding"), "br");
    assert_eq!(style.header("vary"), "accept-encoding");
    assert_eq!(style.header("content-type"), "text/css");
    assert!(style.body.len() < text.len() / 20, "{} bytes", style.body.len());

    let only_gzip = [("host", "class.example"), ("accept-encoding", "gzip")];
    let style = ask(&fixture, "/base.css", &only_gzip).await;
    assert_eq!(style.header("content-encoding"), "gzip");

    let document = ask(&fixture, "/api/openapi.json", &asked).await;
    assert_eq!(document.header("content-encoding"), "br");

    let part = [asked[0], asked[1], ("range", "bytes=5-9")];
    for (path, headers) in [
        // By a name of this machine.
        ("/base.css", &[("accept-encoding", "gzip, br")][..]),
        // Without being asked to.
        ("/base.css", &asked[..1]),
        // Weights, and parts of files.
        ("/model.safetensors", &asked),
        ("/base.css", &part),
    ] {
        let plain = ask(&fixture, path, headers).await;
        assert!(plain.status.is_success(), "{path} {headers:?}");
        assert!(plain.headers.get("content-encoding").is_none(), "{path} {headers:?}");
        assert!(text.contains(&plain.text()), "{path} {headers:?}");
    }
}
