//! Finding a model in the cache or at the upstream hub.

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
/// The response if there is none, or if the hub restricts it to some accounts.
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
    // The upstream hub lists all files of the model; if it cannot be reached, those that are
    // here have to do.
    match (state.hub.upstream_model(&id, revision).await, here) {
        (Some(Ok(model)), _) => Ok(Arc::new(model)),
        // A model that the hub restricts is not shared, although this machine may have it.
        (Some(Err(error)), _) if is_refusal(&error) => Err(refused(&error)),
        (_, Some(model)) => Ok(Arc::new(model)),
        (Some(Err(error)), None) => Err(refused(&error)),
        (None, None) => Err(none()),
    }
}

/// Whether the hub restricts the model to some accounts.
fn is_refusal(error: &HubError) -> bool {
    matches!(
        error,
        HubError::Gated { .. } | HubError::Unauthorized { .. } | HubError::Refused { .. }
    )
}
