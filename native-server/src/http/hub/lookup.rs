//! Finding a model here or at the hub behind this one.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use hub::{HubError, ModelId};

use super::error::{missing, refused};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::shared_hub::SharedModel;

/// Finds a model.
///
/// # Errors
/// The response if there is none, or none for everyone.
pub(super) async fn find(
    state: &AppState,
    id: &str,
    revision: &str,
) -> Result<Arc<SharedModel>, Response> {
    let none = || missing("RepoNotFound", format!("{id} is not here."));
    let id = ModelId::new(id).map_err(|_| none())?;
    let (hub, at) = (state.hub.clone(), revision.to_owned());
    let name = id.clone();
    let looked = tokio::task::spawn_blocking(move || hub.model(&name, &at)).await;
    let Ok(here) = looked else {
        return Err(ApiError::unexpected().into_response());
    };
    // The hub behind this one knows of more files than are here; where it cannot be
    // reached, those do.
    match (state.hub.upstream_model(&id, revision).await, here) {
        (Some(Ok(model)), _) => Ok(Arc::new(model)),
        // What the hub does not show everyone is not shown here, either, though this
        // machine may have it.
        (Some(Err(error)), _) if is_refusal(&error) => Err(refused(&error)),
        (_, Some(model)) => Ok(Arc::new(model)),
        (Some(Err(error)), None) => Err(refused(&error)),
        (None, None) => Err(none()),
    }
}

/// Whether the hub says that a model is not for everyone.
fn is_refusal(error: &HubError) -> bool {
    matches!(
        error,
        HubError::Gated { .. } | HubError::Unauthorized { .. } | HubError::Refused { .. }
    )
}
