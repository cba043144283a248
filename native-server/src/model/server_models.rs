//! The model that the server runs, and the other models of this machine, by name.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hub::{Endpoint, HubError, Named, Reference};
use protocol::{Precision, StoredModel};

use super::location::DEMO;
use super::name;
use super::{HubCache, LocationError, ModelLocation};

/// The models that are offered by name if the site has no list of its own.
const OFFERED: &[u8] = include_bytes!("../../../models.json");

/// The model that the server runs, and the others that it could run. Clones share the choice among
/// them.
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
    /// The id of the model that was chosen in place of the one that the server began with.
    pub(super) chosen: Arc<Mutex<Option<String>>>,
    pub(super) may_choose: bool,
    /// The engines elsewhere that can be chosen in place of models of this machine, the one that
    /// the server began with first. Empty where models run here.
    pub(super) engines: Arc<[String]>,
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
        let (dist, chosen, engines) = (dist.to_owned(), Arc::default(), Arc::default());
        ServerModels { current, endpoint, dist, hub, chosen, may_choose: false, engines }
    }

    /// Engines elsewhere by their names, in place of the models of this machine. The first is
    /// the one that the server begins with.
    #[must_use]
    pub(crate) fn running_elsewhere(self, engines: Vec<String>) -> ServerModels {
        ServerModels { engines: engines.into(), ..self }
    }

    /// The same, of which pages may choose the one that runs, or may not.
    #[must_use]
    pub fn letting_pages_choose(self, may_choose: bool) -> ServerModels {
        ServerModels { may_choose, ..self }
    }

    /// The same with another hub. An address at that hub is the name of a model, too.
    #[must_use]
    pub fn with_hub(self, endpoint: &Endpoint) -> ServerModels {
        ServerModels { endpoint: endpoint.clone(), ..self }
    }

    /// What a person has named: a path, a name, or an address.
    pub(crate) fn named_at_start(&self) -> &str {
        &self.current
    }

    /// Whether the server runs the model that comes with the site.
    pub fn runs_demo(&self) -> bool {
        self.wanted() == DEMO
    }

    /// The name of the model that is to run, as it was given at the start or chosen since.
    fn wanted(&self) -> String {
        self.chosen().unwrap_or_else(|| self.current.clone())
    }

    /// The id of the model that was chosen; none for the one that the server began with.
    pub(crate) fn chosen(&self) -> Option<String> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets what was chosen.
    pub(crate) fn set_chosen(&self, chosen: Option<String>) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = chosen;
    }

    /// Chooses the model that is to run by its id. False if there is none with this id on this
    /// machine, or if none may be chosen.
    pub fn choose(&self, id: &str) -> bool {
        let known = self.may_choose && self.ids().iter().any(|known| known == id);
        if known {
            self.set_chosen(Some(id.to_owned()).filter(|id| *id != self.first_id()));
        }
        known
    }

    /// What can be chosen, with sizes; the model that runs is the first.
    pub fn choices(&self) -> Vec<StoredModel> {
        let ids = match self.may_choose {
            true => self.ids(),
            false => vec![self.id()],
        };
        let listed = ids.into_iter().map(|name| {
            let place = match name.as_str() {
                _ if !self.engines.is_empty() => None,
                DEMO => ModelLocation::demo(&self.dist).ok(),
                id if id == self.first_id() => self.find(&self.current).ok(),
                id => self.find(id).ok(),
            };
            let bytes = place.map_or(0, |location| location.size());
            StoredModel { name, precision: Precision::Auto, bytes, total: bytes }
        });
        listed.collect()
    }

    /// The name in the API of the model that the server runs. It is the same at each start,
    /// whether or not the model had to be downloaded, and names no folder of this machine.
    pub fn id(&self) -> String {
        self.chosen().unwrap_or_else(|| self.first_id())
    }

    /// The id of the model that the server began with.
    fn first_id(&self) -> String {
        match (self.engines.first(), self.current == DEMO) {
            (Some(engine), _) => engine.clone(),
            (None, true) => DEMO.into(),
            (None, false) => name::public_name(&self.current, &self.endpoint),
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
        let wanted = self.wanted();
        let here = |location: ModelLocation| ModelPlace::Here(location.named(self.id()));
        let missing = match self.find(&wanted) {
            Ok(location) => return Ok(here(location)),
            Err(error) => error,
        };
        if Path::new(&wanted).exists() {
            return Err(missing);
        }
        let reference = match Named::parse(&wanted, &self.endpoint) {
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
                wanted: wanted.clone(),
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

    /// The id of the model that runs, and those of the others that could run: the one that the
    /// server began with, the demo, and the complete models in the Hugging Face cache; or the
    /// engines elsewhere.
    pub fn ids(&self) -> Vec<String> {
        let others = match self.engines.is_empty() {
            true => self.ids_of_this_machine(),
            false => self.engines.to_vec(),
        };
        let mut ids = vec![self.id()];
        for id in others {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn ids_of_this_machine(&self) -> Vec<String> {
        let demo = ModelLocation::demo(&self.dist).is_ok().then(|| DEMO.to_owned());
        let cached = self.hub.ids().into_iter().filter(|id| self.find(id).is_ok());
        [self.first_id()].into_iter().chain(demo).chain(cached).collect()
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
