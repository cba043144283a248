//! The OpenAPI document: what the routes take and give, with the limits of the model that
//! runs. <https://spec.openapis.org/oas/v3.1.0>

mod compatible;
mod original;
mod parts;
mod schemas;
mod scripts;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::query::EngineQuery;
use super::state::AppState;
use parts::Facts;

/// `GET /api/openapi.json`
pub(crate) async fn document(State(state): State<AppState>) -> Json<Value> {
    let model = EngineQuery::new(&state).describe().await.ok();
    let facts = Facts::new(&state, model.as_ref());
    let mut paths = Map::new();
    for (path, item) in
        [scripts::paths(&facts), original::paths(&facts), compatible::paths(&facts)]
            .concat()
    {
        paths.insert(path.into(), item);
    }
    Json(json!({
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
        "components": { "schemas": schemas::all() }
    }))
}
