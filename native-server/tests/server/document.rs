//! The OpenAPI document and the page of examples.

use axum::http::StatusCode;

use crate::fixture::Fixture;

#[tokio::test]
async fn every_example_of_the_document_works() {
    let fixture = Fixture::new().await;
    let document = fixture.get("/api/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11);
    for (path, item) in paths {
        let body = &item["post"]["requestBody"]["content"]["application/json"]["example"];
        let answer = match body.is_null() {
            true => fixture.get(&path.replace("{id}", "tiny-model")).await,
            false => fixture.post(path, body).await,
        };
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_page_shows_every_route() {
    let fixture = Fixture::new().await;
    let page = fixture.get("/api/docs").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let text = page.text();
    let document = fixture.get("/api/openapi.json").await.json();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(text.contains(path), "{path}");
    }
    assert!(!text.contains("<script"));
}
