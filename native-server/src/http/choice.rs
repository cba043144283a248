//! Which of the server's models pages can choose, and choosing one.

use protocol::{
    Command, Event, ModelSource, Precision, Reply, Request, StoredModel, StoredModels,
};
use tokio::task::spawn_blocking;

use super::state::AppState;
use crate::EngineClient;

/// What becomes of a request of a page.
pub(super) enum Taken {
    /// It is answered.
    Answered(Reply),
    /// The engine answers this.
    Forwarded(Request),
}

/// Answers what is about the models on this machine, which the engine knows nothing of: their
/// list, and the choice of one, after which the engine describes it.
pub(super) async fn take(
    state: &AppState,
    client: &EngineClient,
    request: Request,
) -> Taken {
    let models = state.models.clone();
    match &request.command {
        Command::ListModels => {
            // Files are looked at.
            let listed = spawn_blocking(move || models.choices()).await;
            Taken::Answered(list(&request, listed.unwrap_or_default()))
        }
        Command::Load { source, precision: Precision::Auto } => {
            let Some(name) = name_of(source) else { return Taken::Forwarded(request) };
            let runs = name == models.id();
            let chosen = runs
                || spawn_blocking(move || models.choose(&name)).await.is_ok_and(|it| it);
            match chosen {
                // The engine refuses it in its own words.
                false => return Taken::Forwarded(request),
                // If the engine has ended, the next reply says so.
                true if !runs => drop(client.reload().await),
                true => {}
            }
            Taken::Forwarded(Request { command: Command::Describe, ..request })
        }
        _ => Taken::Forwarded(request),
    }
}

/// The id of a model on the server; none for what would have to be fetched.
fn name_of(source: &ModelSource) -> Option<String> {
    match source {
        ModelSource::Demo => Some("demo".into()),
        ModelSource::Hub(model) if model.stored_only && model.endpoint.is_empty() => {
            Some(model.name.clone())
        }
        _ => None,
    }
}

fn list(request: &Request, models: Vec<StoredModel>) -> Reply {
    let event = Event::Models(StoredModels { models, used: None, quota: None });
    Reply { id: request.id, event }
}
