//! The upstream hub: its listings, and the downloads that run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hub::{Access, HubError, Item, ListedFile, Listing, ModelId, RemoteFile, list};
use tokio::sync::Semaphore;

use super::limits::{FetchLimits, NotFetched, Quota};
use super::model::{SharedFile, SharedModel};
use super::relay::{Relay, Transfer, TransferJob};
use crate::HubSettings;
use crate::download::HttpTransport;
use crate::model::HubCache;

/// How long a listing is reused.
const LISTING_LIFETIME: Duration = Duration::from_secs(600);
/// The listings that are kept, at most.
const MAX_LISTINGS: usize = 64;

/// The listings that are fetched at the same time, at most, and those that may wait.
const MAX_ACTIVE_LISTINGS: usize = 8;
const MAX_WAITING_LISTINGS: usize = 128;

type Listings = HashMap<(ModelId, String), (Instant, Arc<Listing>)>;

/// The hub that missing files are downloaded from.
#[derive(Debug)]
pub(super) struct Upstream {
    transport: Arc<HttpTransport>,
    access: Access,
    listings: Mutex<Listings>,
    waiting_listings: Semaphore,
    active_listings: Semaphore,
    /// The downloads that run, by the hashes of their files.
    transfers: Mutex<HashMap<String, Transfer>>,
    active: Arc<Semaphore>,
    quota: Quota,
    limits: FetchLimits,
}

impl Upstream {
    /// The upstream hub; none if there is no network, or if the settings forbid downloads.
    pub(super) fn new(settings: &HubSettings, limits: FetchLimits) -> Option<Upstream> {
        let transport = HttpTransport::new().ok().filter(|_| !settings.offline)?;
        Some(Upstream {
            transport: Arc::new(transport),
            access: Access { credential: None, ..settings.access.clone() },
            listings: Mutex::default(),
            waiting_listings: Semaphore::new(MAX_WAITING_LISTINGS),
            active_listings: Semaphore::new(MAX_ACTIVE_LISTINGS),
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
            && at.elapsed() < LISTING_LIFETIME
        {
            return Ok(listing.clone());
        }
        let busy = || HubError::RateLimited { host: "This server".into(), seconds: 10 };
        let _waiting = self.waiting_listings.try_acquire().map_err(|_| busy())?;
        let _active = self.active_listings.acquire().await.map_err(|_| busy())?;
        let listing = Arc::new(list(&*self.transport, &self.access, id, revision).await?);
        let mut listings = known();
        if listings.len() >= MAX_LISTINGS {
            listings.clear();
        }
        listings.insert(key, (Instant::now(), listing.clone()));
        Ok(listing)
    }

    /// The host of the hub, for messages.
    pub(super) fn host(&self) -> String {
        self.access.endpoint.host()
    }

    /// The branches and tags of a commit that clients have asked for.
    fn branches(&self, id: &ModelId, commit: &str) -> Vec<String> {
        let listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        let at = listings.iter().filter(|((of, revision), (_, listing))| {
            of == id && listing.commit == commit && revision != commit
        });
        at.map(|((_, revision), _)| revision.clone()).collect()
    }

    /// Starts to download a file, or joins the download that runs.
    ///
    /// # Errors
    /// If a limit is reached.
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
        let transfer = Transfer::begin(TransferJob {
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
            abandon_after: self.limits.abandon_after,
        });
        let relay = transfer.join();
        transfers.insert(file.digest.hex().to_owned(), transfer);
        Ok(relay)
    }
}

/// The model of a listing, under the name that was asked for, with the paths of those files
/// that are here. A link to outside of the cache does not count. Files without a size or hash
/// are left out, as they could not be checked.
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
