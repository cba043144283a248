//! The OpenAPI document and the page of examples.

use axum::http::StatusCode;

use serde_json::Value;

use crate::fixture::{CONTEXT, Fixture};

#[tokio::test]
async fn every_example_of_the_document_works() {
    let fixture = Fixture::new().await;
    let document = fixture.get("/api/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 25);
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
async fn limits_are_those_of_the_model_and_wide_before_it_is_loaded() {
    for (fixture, context, last_id) in [
        (Fixture::new().await, CONTEXT as u64, 258),
        (Fixture::loading(), u32::MAX.into(), u64::from(u32::MAX - 1)),
    ] {
        let answer = fixture.get("/api/openapi.json").await;
        // Nothing stands for a limit any more.
        assert!(!answer.text().contains("\"server\":"), "{}", answer.text());
        let document = answer.json();
        let body = |path: &str| -> Value {
            let operation = &document["paths"][path]["post"];
            operation["requestBody"]["content"]["application/json"]["schema"].clone()
        };
        let ids = body("/api/score")["oneOf"][1]["properties"]["ids"].clone();
        assert_eq!(ids["maxItems"], context);
        assert_eq!(ids["items"]["maximum"], last_id);
        let completion = body("/v1/completions")["properties"].clone();
        assert_eq!(completion["max_tokens"]["oneOf"][1]["maximum"], 4096);
        assert_eq!(completion["stop_token_ids"]["items"]["maximum"], last_id);
        let names = completion["model"]["enum"].as_array();
        let running = names.map(|names| names[0] == "tiny-model" && names[1].is_null());
        assert_eq!(running.is_some(), context != u64::from(u32::MAX));
        assert_ne!(running, Some(false));
    }
}

#[tokio::test]
async fn every_member_that_can_be_left_out_can_be_null() {
    let fixture = Fixture::new().await;
    let document = fixture.get("/api/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let media = &item["post"]["requestBody"]["content"]["application/json"];
        let one = [media["schema"].clone()];
        let variants =
            media["schema"]["oneOf"].as_array().map_or(&one[..], Vec::as_slice);
        let mut body = media["example"].clone();
        for (name, _) in
            variants.iter().filter_map(|v| v["properties"].as_object()).flatten()
        {
            if body.get(name).is_none() {
                body[name] = Value::Null;
            }
        }
        if !body.is_null() {
            let answer = fixture.post(path, &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        }
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
