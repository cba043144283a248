//! The OpenAPI document: what the routes take and give, with the limits of the model that
//! runs. Schemas are derived from the types of the bodies.
//! <https://spec.openapis.org/oas/v3.1.0>

mod operation;
mod routes;
mod server_values;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::query::EngineQuery;
use super::state::AppState;
use operation::Document;
use server_values::ServerValues;

/// `GET /api/openapi.json`
pub(crate) async fn get(State(state): State<AppState>) -> Json<Value> {
    Json(document(&state).await)
}

/// The document of a server; its limits are those of the model once that is loaded.
pub(crate) async fn document(state: &AppState) -> Value {
    let model = EngineQuery::new(state).describe().await.ok();
    let values = ServerValues::new(state, model.as_ref());
    let mut document = Document::default();
    routes::add_all(&mut document, values.model());
    let (paths, schemas) = document.finish();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Next-Token Visualizer",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The next-token distribution of a language model on this machine. \
                A token, where the server was started with one, goes into the header \
                Authorization as a Bearer token."
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas }
    });
    values.fill_in(&mut document);
    document
}
