//! The GGUF files of a model of a hub, to choose from.

use hub::{ModelId, Reference, StoredName, Wanted, gguf_files, list};
use protocol::{Failure, HubFile, HubFiles, HubModel};
use web_sys::DedicatedWorkerGlobalScope;

use super::hub_model::{access_to, in_words};
use crate::download::FetchTransport;

/// Lists the GGUF files of a model: its own and those of its twin.
pub(crate) async fn list_files(
    scope: &DedicatedWorkerGlobalScope,
    model: &HubModel,
) -> Result<HubFiles, Failure> {
    let transport = FetchTransport::new(scope);
    let (access, reference) = access_to(model)?;
    let twin = model.twin.as_deref().and_then(|id| ModelId::new(id).ok());
    let twin = twin.map(|id| Reference { id, revision: None, wanted: Wanted::Any });
    let (mut files, mut failed) = (Vec::new(), None);
    for reference in twin.iter().chain([&reference]) {
        let (id, revision) = (&reference.id, reference.revision());
        match list(&transport, &access, id, revision).await {
            Ok(listing) => {
                files.extend(gguf_files(&listing).into_iter().map(|file| HubFile {
                    name: name_of(model, reference, file.path),
                    format: file.format,
                    bytes: file.bytes,
                    runs: file.runs,
                }));
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        // One of the two may be gated or missing.
        Some(error) if files.is_empty() => Err(in_words(&error)),
        _ => {
            files.sort_by_key(|file: &HubFile| std::cmp::Reverse(file.bytes));
            Ok(HubFiles { model: model.name.clone(), files })
        }
    }
}

/// The name that a file is loaded by: it says the hub as the model's does.
fn name_of(model: &HubModel, reference: &Reference, path: String) -> String {
    let endpoint = StoredName::parse(&model.name).endpoint;
    let file = Reference { wanted: Wanted::File(path), ..reference.clone() };
    StoredName { name: file.to_string(), endpoint }.to_string()
}
