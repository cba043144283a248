//! `GET /v1/models`: the model that runs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::ModelDescription;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::OpenAiError;
use crate::http::error::ApiError;
use crate::http::query::EngineQuery;
use crate::http::state::AppState;

/// The list of models.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ModelList {
    #[schemars(extend("const" = "list"))]
    object: &'static str,
    data: Vec<Model>,
}

/// A model.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Model {
    /// The name that completions ask for it by.
    id: String,
    #[schemars(extend("const" = "model"))]
    object: &'static str,
    /// When the server began, in seconds since 1970.
    created: i64,
    owned_by: &'static str,
    /// What its weights are in its files and in memory, and what it is computed in.
    formats: String,
    /// The name that its configuration gives the architecture, where that is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls_itself: Option<String>,
    /// The architecture that it is read as.
    architecture: String,
}

impl Model {
    fn new(state: &AppState, model: &ModelDescription) -> Model {
        let (id, formats) = (state.models.id(), model.formats());
        let (object, created, owned_by) = ("model", state.started, "local");
        let calls_itself = model.calls_itself.clone();
        let architecture = model.architecture.clone();
        Model { id, object, created, owned_by, formats, calls_itself, architecture }
    }
}

/// `GET /v1/models`
pub(crate) async fn list(
    State(state): State<AppState>,
) -> Result<Json<ModelList>, OpenAiError> {
    let model = EngineQuery::new(&state).describe().await?;
    Ok(Json(ModelList { object: "list", data: vec![Model::new(&state, &model)] }))
}

/// `GET /v1/models/{id}`
pub(crate) async fn one(
    State(state): State<AppState>,
    Path(wanted): Path<String>,
) -> Result<Json<Model>, OpenAiError> {
    let model = EngineQuery::new(&state).describe().await?;
    check(&state, Some(&wanted))?;
    Ok(Json(Model::new(&state, &model)))
}

/// Checks that the model that was asked for is the one that runs.
///
/// # Errors
/// If it is another one.
pub(crate) fn check(state: &AppState, wanted: Option<&str>) -> Result<(), ApiError> {
    let id = state.models.id();
    match wanted {
        Some(wanted) if wanted != id => {
            let message = format!("This server has no model {wanted:?}; it runs {id:?}.");
            Err(ApiError::new(StatusCode::NOT_FOUND, message).about("model"))
        }
        _ => Ok(()),
    }
}
