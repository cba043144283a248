//! The hub behind this one: what it has, and which of its files are on their way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hub::{Access, HubError, Item, ListedFile, Listing, ModelId, RemoteFile, list};
use tokio::sync::Semaphore;

use super::limits::{FetchLimits, NotFetched, Quota};
use super::model::{SharedFile, SharedModel};
use super::relay::{Order, Relay, Transfer};
use crate::HubSettings;
use crate::download::HttpTransport;
use crate::model::HubCache;

/// For so long it is believed that a branch is where it was.
const FRESH: Duration = Duration::from_secs(600);
/// So many answers are kept.
const MOST_LISTINGS: usize = 64;

/// The hub is asked so many questions at once, and so many may wait for that.
const QUESTIONS: usize = 8;
const MOST_QUESTIONS: usize = 128;

type Listings = HashMap<(ModelId, String), (Instant, Arc<Listing>)>;

/// The hub behind this one.
#[derive(Debug)]
pub(super) struct Upstream {
    transport: Arc<HttpTransport>,
    access: Access,
    listings: Mutex<Listings>,
    questions: Semaphore,
    query: Semaphore,
    /// By their hashes.
    transfers: Mutex<HashMap<String, Transfer>>,
    active: Arc<Semaphore>,
    quota: Quota,
    limits: FetchLimits,
}

impl Upstream {
    /// None where there is no network, or none may be used.
    pub(super) fn new(settings: &HubSettings, limits: FetchLimits) -> Option<Upstream> {
        let transport = HttpTransport::new().ok().filter(|_| !settings.offline)?;
        Some(Upstream {
            transport: Arc::new(transport),
            access: Access { credential: None, ..settings.access.clone() },
            listings: Mutex::default(),
            questions: Semaphore::new(MOST_QUESTIONS),
            query: Semaphore::new(QUESTIONS),
            transfers: Mutex::default(),
            active: Arc::new(Semaphore::new(limits.active.max(1))),
            quota: Quota::new(limits.bytes),
            limits,
        })
    }

    pub(super) async fn listing(
        &self,
        id: &ModelId,
        revision: &str,
    ) -> Result<Arc<Listing>, HubError> {
        let key = (id.clone(), revision.to_owned());
        let known = || self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, listing)) = known().get(&key)
            && at.elapsed() < FRESH
        {
            return Ok(listing.clone());
        }
        let busy = || HubError::RateLimited { host: "This server".into(), seconds: 10 };
        let _question = self.questions.try_acquire().map_err(|_| busy())?;
        let _asking = self.query.acquire().await.map_err(|_| busy())?;
        let listing = Arc::new(list(&*self.transport, &self.access, id, revision).await?);
        let mut listings = known();
        if listings.len() >= MOST_LISTINGS {
            listings.clear();
        }
        listings.insert(key, (Instant::now(), listing.clone()));
        Ok(listing)
    }

    /// The hub, for people.
    pub(super) fn host(&self) -> String {
        self.access.endpoint.host()
    }

    /// The branches and tags that were asked for and are at a commit.
    fn branches(&self, id: &ModelId, commit: &str) -> Vec<String> {
        let listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        let at = listings.iter().filter(|((of, revision), (_, listing))| {
            of == id && listing.commit == commit && revision != commit
        });
        at.map(|((_, revision), _)| revision.clone()).collect()
    }

    /// Joins those who wait for a file, or begins to download it.
    ///
    /// # Errors
    /// If that is too much.
    pub(super) fn relay(
        &self,
        root: &Path,
        model: &SharedModel,
        file: &SharedFile,
    ) -> Result<Relay, NotFetched> {
        let mut transfers = self.transfers.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.retain(|_, transfer| transfer.is_under_way());
        if let Some(transfer) = transfers.get(file.digest.hex()) {
            return Ok(transfer.join());
        }
        if transfers.len() >= self.limits.active.max(1) + self.limits.waiting {
            return Err(NotFetched::Busy);
        }
        if !self.quota.take(file.size) {
            return Err(NotFetched::Quota);
        }
        let endpoint = &self.access.endpoint;
        let transfer = Transfer::begin(Order {
            transport: self.transport.clone(),
            access: self.access.clone(),
            id: model.id.to_string(),
            commit: model.commit.clone(),
            item: Item {
                name: file.path.clone(),
                url: endpoint.file(&model.id, &model.commit, &file.path),
                size: file.size,
                digest: file.digest.clone(),
            },
            folder: root.join(HubCache::folder_name(&model.id)),
            branches: self.branches(&model.id, &model.commit),
            active: self.active.clone(),
            quota: self.quota.clone(),
            patience: self.limits.patience,
        });
        let relay = transfer.join();
        transfers.insert(file.digest.hex().to_owned(), transfer);
        Ok(relay)
    }
}

/// What a listing has, under the name that was asked for, with the places of those files
/// that are here. A place that is a link to outside of the cache is none; files without
/// size or hash could not be checked.
pub(super) fn here(root: &Path, id: &ModelId, listing: &Listing) -> SharedModel {
    let blobs = root.join(HubCache::folder_name(id)).join("blobs");
    let cache = root.canonicalize().ok();
    let place = |file: &RemoteFile| -> Option<PathBuf> {
        let place = blobs.join(file.digest.hex()).canonicalize().ok()?;
        let found = place.metadata().ok()?;
        let is_here = found.is_file() && found.len() == file.size;
        (is_here && place.starts_with(cache.as_ref()?)).then_some(place)
    };
    let files =
        listing.files.iter().filter_map(ListedFile::remote).map(|file| SharedFile {
            place: place(&file),
            path: file.path,
            size: file.size,
            digest: file.digest,
        });
    SharedModel { id: id.clone(), commit: listing.commit.clone(), files: files.collect() }
}
