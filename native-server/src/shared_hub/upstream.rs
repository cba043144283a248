//! The hub behind this one: what it has, and which of its files are on their way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hub::{Access, HubError, Item, Listing, ModelId, list};

use super::relay::Relay;
use super::{SharedFile, SharedModel};
use crate::HubSettings;
use crate::download::HttpTransport;
use crate::model::HubCache;

/// For so long it is believed that a branch is where it was.
const FRESH: Duration = Duration::from_secs(600);
/// So many answers are kept.
const MOST_LISTINGS: usize = 64;

type Listings = HashMap<(ModelId, String), (Instant, Arc<Listing>)>;

/// The hub behind this one.
#[derive(Debug)]
pub(super) struct Upstream {
    transport: Arc<HttpTransport>,
    access: Access,
    listings: Mutex<Listings>,
    /// By their hashes.
    relays: Mutex<HashMap<String, Relay>>,
}

impl Upstream {
    /// None where there is no network, or none may be used.
    pub(super) fn new(settings: &HubSettings) -> Option<Upstream> {
        let transport = HttpTransport::new().ok().filter(|_| !settings.offline)?;
        Some(Upstream {
            transport: Arc::new(transport),
            access: Access { credential: None, ..settings.access.clone() },
            listings: Mutex::default(),
            relays: Mutex::default(),
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
        let listing = Arc::new(list(&*self.transport, &self.access, id, revision).await?);
        let mut listings = known();
        if listings.len() >= MOST_LISTINGS {
            listings.clear();
        }
        listings.insert(key, (Instant::now(), listing.clone()));
        Ok(listing)
    }

    pub(super) fn relay(
        &self,
        root: &Path,
        model: &SharedModel,
        file: &SharedFile,
    ) -> Relay {
        let mut relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        relays.retain(|_, relay| relay.is_under_way());
        let begin = || {
            let item = Item {
                name: file.path.clone(),
                url: self.access.endpoint.file(&model.id, &model.commit, &file.path),
                size: file.size,
                digest: file.digest.clone(),
            };
            let folder = root.join(HubCache::folder_name(&model.id));
            let access = self.access.clone();
            Relay::begin(self.transport.clone(), access, model, item, folder)
        };
        relays.entry(file.digest.hex().to_owned()).or_insert_with(begin).clone()
    }
}

/// What a listing has, with the places of those files that are here.
pub(super) fn here(root: &Path, listing: &Listing) -> SharedModel {
    let blobs = root.join(HubCache::folder_name(&listing.id)).join("blobs");
    let file = |file: &hub::RemoteFile| {
        let place: PathBuf = blobs.join(file.digest.hex());
        let is_here = place.metadata().is_ok_and(|found| found.len() == file.size);
        SharedFile {
            path: file.path.clone(),
            place: is_here.then_some(place),
            size: file.size,
            digest: file.digest.clone(),
        }
    };
    SharedModel {
        id: listing.id.clone(),
        commit: listing.commit.clone(),
        files: listing.files.iter().map(file).collect(),
    }
}
