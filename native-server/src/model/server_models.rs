//! The model that the server runs, and the other models of this machine, by name.

use std::path::{Path, PathBuf};

use hub::{Endpoint, HubError, Named, Reference};

use super::location::DEMO;
use super::name;
use super::{HubCache, LocationError, ModelLocation};

/// The models that are offered by name if the site has no list of its own.
const OFFERED: &[u8] = include_bytes!("../../../models.json");

/// The model that the server runs, and the others that it could run.
///
/// ```
/// use std::path::Path;
///
/// use native_server::ServerModels;
///
/// let models = ServerModels::new("https://huggingface.co/owner/name", Path::new("dist"));
/// assert_eq!(models.id(), "owner/name");
/// ```
#[derive(Clone, Debug)]
pub struct ServerModels {
    pub(super) current: String,
    pub(super) endpoint: Endpoint,
    pub(super) dist: PathBuf,
    pub(super) hub: HubCache,
}

/// Where a model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelPlace {
    /// On this machine.
    Here(ModelLocation),
    /// On the hub.
    OnHub(Reference),
}

impl ServerModels {
    /// The models of a server that runs `wanted`, by default the demo model. `dist` is the
    /// folder of the site.
    pub fn new(wanted: &str, dist: &Path) -> ServerModels {
        let current = if wanted.is_empty() { DEMO } else { wanted };
        let hub = HubCache::of_this_machine();
        let (current, endpoint) = (current.into(), Endpoint::default());
        ServerModels { current, endpoint, dist: dist.to_owned(), hub }
    }

    /// The same with another hub. An address at that hub is the name of a model, too.
    #[must_use]
    pub fn with_hub(self, endpoint: &Endpoint) -> ServerModels {
        ServerModels { endpoint: endpoint.clone(), ..self }
    }

    /// What a person has named: a path, a name, or an address.
    pub(crate) fn wanted(&self) -> &str {
        &self.current
    }

    /// Whether the server runs the model that comes with the site.
    pub fn runs_demo(&self) -> bool {
        self.current == DEMO
    }

    /// The name in the API of the model that the server runs. It is the same at each start,
    /// whether or not the model had to be downloaded, and names no folder of this machine.
    pub fn id(&self) -> String {
        match self.runs_demo() {
            true => DEMO.into(),
            false => name::public_name(&self.current, &self.endpoint),
        }
    }

    /// Finds the model that the server runs. One that is not on this machine is on the hub if
    /// it has the form of a name there.
    ///
    /// # Errors
    /// If there is no such model, or if it would have to be downloaded although `offline`
    /// forbids that.
    pub fn locate(&self, offline: bool) -> Result<ModelPlace, LocationError> {
        if self.runs_demo() {
            return ModelLocation::demo(&self.dist).map(ModelPlace::Here);
        }
        let here = |location: ModelLocation| ModelPlace::Here(location.named(self.id()));
        let missing = match self.find(&self.current) {
            Ok(location) => return Ok(here(location)),
            Err(error) => error,
        };
        if Path::new(&self.current).exists() {
            return Err(missing);
        }
        let reference = match Named::parse(&self.current, &self.endpoint) {
            Ok(Named::Hub(reference)) => reference,
            Ok(Named::File(at) | Named::Folder(at)) if at.contains("://") => {
                let host = self.endpoint.host();
                return Err(LocationError::Elsewhere { wanted: at, host });
            }
            Ok(Named::File(_) | Named::Folder(_)) => return Err(missing),
            Err(error @ HubError::NotAModel { .. }) => return Err(error.into()),
            Err(_) => return Err(missing),
        };
        let twin = self.offered().twin(&reference.id).cloned();
        if let Some(twin) = twin.filter(|_| reference.is_plain())
            && let Ok(location) = self.find(twin.id.as_str())
        {
            return Ok(here(location));
        }
        match offline {
            true => Err(LocationError::Offline {
                wanted: self.current.clone(),
                known: self.ids().split_off(1).join(", "),
            }),
            false => Ok(ModelPlace::OnHub(reference)),
        }
    }

    fn find(&self, wanted: &str) -> Result<ModelLocation, LocationError> {
        ModelLocation::find(wanted, &self.endpoint, &self.hub)
    }

    /// The models that are offered by name: the list of the site, else that of this build.
    pub fn offered(&self) -> hub::Catalogue {
        let of_site = std::fs::read(self.dist.join("models.json")).ok();
        let of_site = of_site.and_then(|json| hub::Catalogue::read(&json).ok());
        of_site.or_else(|| hub::Catalogue::read(OFFERED).ok()).unwrap_or_default()
    }

    /// The name of the model that runs, and those of the others that could run: the demo, and
    /// the complete models in the Hugging Face cache.
    pub fn ids(&self) -> Vec<String> {
        let mut ids = vec![self.id()];
        if !self.runs_demo() && ModelLocation::demo(&self.dist).is_ok() {
            ids.push(DEMO.into());
        }
        let usable = |id: &String| self.find(id).is_ok();
        let current = ids[0].clone();
        let others = self.hub.ids().into_iter().filter(|id| *id != current);
        ids.extend(others.filter(usable));
        ids
    }

    /// The models in the Hugging Face cache.
    pub fn cached(&self) -> Vec<CachedModel> {
        self.hub.ids().into_iter().map(|id| CachedModel::look(id, &self.hub)).collect()
    }
}

/// A model in the Hugging Face cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedModel {
    /// Its name, as `--model` takes it.
    pub id: String,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Its architecture, or why it does not run here.
    pub runs: Result<String, String>,
}

impl CachedModel {
    pub(crate) fn look(id: String, hub: &HubCache) -> CachedModel {
        match ModelLocation::find(&id, &Endpoint::default(), hub) {
            Ok(location) => {
                CachedModel { id, bytes: location.size(), runs: location.architecture() }
            }
            Err(error) => {
                let short = match error {
                    LocationError::Unusable { reason, .. } => reason,
                    other => other.to_string(),
                };
                CachedModel { id, bytes: 0, runs: Err(short) }
            }
        }
    }
}
