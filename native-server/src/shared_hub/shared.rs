//! Which models are given out: those of the cache, and those of the hub behind it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hub::{HubError, ModelId, TokenUse};

use super::cached::{self, Digests};
use super::limits::{FetchLimits, NotFetched};
use super::model::{SharedFile, SharedModel};
use super::relay::Relay;
use super::upstream::{self, Upstream};
use crate::HubSettings;
use crate::download::is_restricted;
use crate::model::{CachedModel, HubCache};

/// Models that others can have from here.
#[derive(Clone, Debug, Default)]
pub struct SharedHub {
    cache: Option<PathBuf>,
    digests: Arc<Digests>,
    upstream: Option<Arc<Upstream>>,
}

impl SharedHub {
    /// The models in a Hugging Face cache; none without one.
    pub fn new(cache: Option<PathBuf>) -> SharedHub {
        SharedHub { cache, digests: Arc::default(), upstream: None }
    }

    /// The same, which fetches what is not here from the hub of these settings, within
    /// some bounds. Their access token is not used: it is not everyone's.
    #[must_use]
    pub fn fetching(self, settings: &HubSettings, limits: FetchLimits) -> SharedHub {
        SharedHub { upstream: Upstream::new(settings, limits).map(Arc::new), ..self }
    }

    /// The models in the cache of this machine.
    pub fn of_this_machine() -> SharedHub {
        SharedHub::new(HubCache::of_this_machine().root().map(Path::to_owned))
    }

    fn cache(&self) -> HubCache {
        HubCache::at(self.cache.clone())
    }

    /// The names of the models that run here, and so in a browser that has room.
    pub(crate) fn ids(&self) -> Vec<String> {
        let cache = self.cache();
        let models = cache.ids().into_iter().map(|id| CachedModel::look(id, &cache));
        let shared = models.filter(|model| model.runs.is_ok() && !self.keeps(&model.id));
        shared.map(|model| model.id).collect()
    }

    /// Whether models can be had that are not here.
    pub(crate) fn fetches(&self) -> bool {
        self.upstream.is_some()
    }

    /// A model of the hub behind this one, with all of its files; none if there is no
    /// such hub.
    ///
    /// # Errors
    /// If that hub does not have it, or cannot be reached.
    pub(crate) async fn upstream_model(
        &self,
        id: &ModelId,
        revision: &str,
    ) -> Option<Result<SharedModel, HubError>> {
        let (upstream, root) = (self.upstream.as_ref()?, self.cache.as_deref()?);
        let found = match upstream.listing(id, revision).await {
            // Its terms are for each to accept.
            Ok(listing) if listing.gated || listing.private => {
                let (id, host) = (id.to_string(), upstream.host());
                Err(HubError::Gated { id, host, token: TokenUse::None })
            }
            Ok(listing) => Ok(upstream::here(root, id, &listing)),
            Err(error) => Err(error),
        };
        Some(found)
    }

    /// Fetches a file that is not here; all who want it share one download.
    ///
    /// # Errors
    /// If nothing is fetched, or that would be too much.
    pub(crate) fn relay(
        &self,
        model: &SharedModel,
        file: &SharedFile,
    ) -> Result<Relay, NotFetched> {
        match (&self.upstream, &self.cache) {
            (Some(upstream), Some(root)) => upstream.relay(root, model, file),
            _ => Err(NotFetched::NotHere),
        }
    }

    /// Whether a model is kept from others: it was downloaded with this machine's token.
    fn keeps(&self, id: &str) -> bool {
        self.cache().folder(id).is_some_and(|folder| is_restricted(&folder))
    }

    /// A model at a branch or commit, with those of its files that are here. Reads the
    /// disk, and where hashes are not told by the cache, all of the files. What was
    /// downloaded with this machine's token is not there for others.
    pub(crate) fn model(&self, id: &ModelId, revision: &str) -> Option<SharedModel> {
        if self.keeps(id.as_str()) {
            return None;
        }
        let snapshot = match revision {
            "main" => self.cache().snapshot(id.as_str())?,
            revision => self.cache().snapshot_at(id, revision)?,
        };
        let root = self.cache.as_deref()?;
        cached::read(root, id, &snapshot, &self.digests)
    }
}
