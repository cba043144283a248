//! The models that this server shares: those of the cache, and those of the upstream hub.

use std::path::PathBuf;
use std::sync::Arc;

use hub::{HubError, ModelId, TokenUse};

use super::cached::{self, DigestCache};
use super::limits::{FetchLimits, NotFetched};
use super::model::{SharedFile, SharedModel};
use super::relay::Relay;
use super::upstream::{self, Upstream};
use crate::HubSettings;
use crate::download::is_restricted;
use crate::model::{CachedModel, HubCache};

/// The models that this server shares. Clones are cheap and share downloads.
#[derive(Clone, Debug, Default)]
pub struct SharedHub {
    cache: HubCache,
    digests: Arc<DigestCache>,
    upstream: Option<Arc<Upstream>>,
}

impl SharedHub {
    /// The models in a Hugging Face cache; none without one.
    pub fn new(cache: Option<PathBuf>) -> SharedHub {
        SharedHub { cache: HubCache::at(cache), digests: Arc::default(), upstream: None }
    }

    /// The same, which downloads missing files from the hub of these settings, within limits.
    /// The access token of the settings is not used: it is not the clients'.
    #[must_use]
    pub fn fetching(self, settings: &HubSettings, limits: FetchLimits) -> SharedHub {
        SharedHub { upstream: Upstream::new(settings, limits).map(Arc::new), ..self }
    }

    /// The models in the cache of this machine.
    pub fn of_this_machine() -> SharedHub {
        SharedHub { cache: HubCache::of_this_machine(), ..SharedHub::default() }
    }

    /// The names of the models that this server's engine runs, and so a browser's.
    pub(crate) fn ids(&self) -> Vec<String> {
        let cache = &self.cache;
        let models = cache.ids().into_iter().map(|id| CachedModel::look(id, cache));
        let shared = models.filter(|model| model.runs.is_ok() && !self.keeps(&model.id));
        shared.map(|model| model.id).collect()
    }

    /// Whether models that are not here are downloaded.
    pub(crate) fn fetches(&self) -> bool {
        self.upstream.is_some()
    }

    /// A model of the upstream hub, with all of its files; none if there is no such hub.
    ///
    /// # Errors
    /// If that hub does not have it, or cannot be reached.
    pub(crate) async fn upstream_model(
        &self,
        id: &ModelId,
        revision: &str,
    ) -> Option<Result<SharedModel, HubError>> {
        let (upstream, root) = (self.upstream.as_ref()?, self.cache.root()?);
        let found = match upstream.listing(id, revision).await {
            // Each person has to accept the terms of the model.
            Ok(listing) if listing.gated || listing.private => {
                let (id, host) = (id.to_string(), upstream.host());
                Err(HubError::Gated { id, host, token: TokenUse::None })
            }
            Ok(listing) => Ok(upstream::here(root, id, &listing)),
            Err(error) => Err(error),
        };
        Some(found)
    }

    /// Downloads a file that is not here. All clients that wait for it share one download.
    ///
    /// # Errors
    /// If the server does not download, or has reached a limit.
    pub(crate) fn relay(
        &self,
        model: &SharedModel,
        file: &SharedFile,
    ) -> Result<Relay, NotFetched> {
        match (&self.upstream, self.cache.root()) {
            (Some(upstream), Some(root)) => upstream.relay(root, model, file),
            _ => Err(NotFetched::NotHere),
        }
    }

    /// Whether a model is not shared, because the hub restricts it to some accounts.
    fn keeps(&self, id: &str) -> bool {
        self.cache.folder(id).is_some_and(|folder| is_restricted(&folder))
    }

    /// A model at a branch or commit, with those of its files that are here. Reads the disk;
    /// where the cache does not name the hashes of files, it reads these whole. A restricted
    /// model is not shared.
    pub(crate) fn model(&self, id: &ModelId, revision: &str) -> Option<SharedModel> {
        if self.keeps(id.as_str()) {
            return None;
        }
        let snapshot = match revision {
            "main" => self.cache.snapshot(id.as_str())?,
            revision => self.cache.snapshot_at(id, revision)?,
        };
        let root = self.cache.root()?;
        cached::read(root, id, &snapshot, &self.digests)
    }
}
