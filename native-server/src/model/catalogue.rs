//! The models that this machine has, by the names that they can be asked for.

use std::path::{Path, PathBuf};

use super::location::DEMO;
use super::{HubCache, LocationError, ModelLocation};

/// Which model the server runs, and which others it could.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(super) current: String,
    pub(super) dist: PathBuf,
    pub(super) hub: HubCache,
}

impl Catalogue {
    /// A catalogue for a server that runs the model `wanted`; nothing means the demo.
    pub fn new(wanted: &str, dist: &Path) -> Catalogue {
        let current = if wanted.is_empty() { DEMO } else { wanted };
        let hub = HubCache::of_this_machine();
        Catalogue { current: current.into(), dist: dist.to_owned(), hub }
    }

    /// Whether the server runs the model that comes with the site.
    pub fn runs_demo(&self) -> bool {
        self.current == DEMO
    }

    /// Finds the files of the model that the server runs.
    ///
    /// # Errors
    /// If they are not there, with what to do.
    pub fn locate(&self) -> Result<ModelLocation, LocationError> {
        match self.runs_demo() {
            true => ModelLocation::demo(&self.dist),
            false => ModelLocation::find(&self.current, &self.hub),
        }
    }

    /// The names that can be given as the model: the current one, the demo, and those in
    /// the Hugging Face cache whose files are all there.
    pub fn ids(&self) -> Vec<String> {
        let mut ids = vec![self.current.clone()];
        if !self.runs_demo() && ModelLocation::demo(&self.dist).is_ok() {
            ids.push(DEMO.into());
        }
        let usable = |id: &String| ModelLocation::find(id, &self.hub).is_ok();
        let others = self.hub.ids().into_iter().filter(|id| *id != self.current);
        ids.extend(others.filter(usable));
        ids
    }
}
