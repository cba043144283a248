//! A file on its way from the hub behind this one: it is kept in the cache, and those who
//! want it have its parts as soon as they are there.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use hub::{Access, Download, HubError, Item, Journal, Store, StoreFault, run};
use tokio::sync::{Semaphore, watch};

use super::limits::{Crowd, Quota, Waiting};
use crate::download::{Blob, HttpTransport, link, note_branch};

/// Requests that are under way at once: few, so that the parts come about in order.
const CONNECTIONS: usize = 2;
/// What is sent at once.
const PIECE: u64 = 1 << 20;

/// A file on its way, for one who waits for it.
#[derive(Debug)]
pub(crate) struct Relay {
    transfer: Transfer,
    _waiting: Waiting,
}

/// A file on its way; copies are the same.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    /// What is there of it; none before that is known. It ends with the download.
    journal: watch::Receiver<Option<Journal>>,
    /// Where its parts are, and then all of it.
    partial: PathBuf,
    place: PathBuf,
    crowd: Crowd,
}

/// What is downloaded, where to, and within which bounds.
pub(super) struct Order {
    pub(super) transport: Arc<HttpTransport>,
    pub(super) access: Access,
    /// The model, for people.
    pub(super) id: String,
    pub(super) commit: String,
    pub(super) item: Item,
    /// The model's folder in the cache.
    pub(super) folder: PathBuf,
    /// Branches and tags that are known to be at the commit, and were asked for.
    pub(super) branches: Vec<String>,
    /// As many are downloaded at once as this has permits.
    pub(super) active: Arc<Semaphore>,
    /// The file's size has been taken from it.
    pub(super) quota: Quota,
    pub(super) patience: Duration,
}

/// The place of the file, which tells what is there.
struct Watched {
    blob: Blob,
    tell: watch::Sender<Option<Journal>>,
}

impl Store for Watched {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        self.blob.write(offset, bytes)
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        self.blob.read(offset, into)
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        self.blob.keep(journal)?;
        self.tell.send_replace(Some(journal.clone()));
        Ok(())
    }

    fn discard(&mut self) {
        self.blob.discard();
    }
}

impl Transfer {
    /// Begins to download into a model's folder of the cache. It ends early when nobody
    /// waits for it any more; what is finished stays.
    pub(super) fn begin(order: Order) -> Transfer {
        let (tell, journal) = watch::channel(None);
        let place = order.folder.join("blobs").join(order.item.digest.hex());
        let partial = Blob::partial(&order.folder, &order.item.digest);
        let crowd = Crowd::new();
        tokio::spawn(order.carry_out(tell, crowd.clone()));
        Transfer { journal, partial, place, crowd }
    }

    /// Whether the download goes on.
    pub(super) fn is_under_way(&self) -> bool {
        self.journal.has_changed().is_ok()
    }

    /// The same for one more who waits.
    pub(super) fn join(&self) -> Relay {
        Relay { _waiting: self.crowd.join(), transfer: self.clone() }
    }
}

impl Order {
    async fn carry_out(self, tell: watch::Sender<Option<Journal>>, crowd: Crowd) {
        let turn = tokio::select! {
            turn = self.active.clone().acquire_owned() => turn,
            () = crowd.gone(self.patience) => {
                self.quota.give_back(self.item.size);
                return;
            }
        };
        let runtime = tokio::runtime::Handle::current();
        // It waits for the disk, so it has a thread of its own: as many as have a turn.
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            runtime.block_on(self.work(tell, &crowd));
        });
        if worked.await.is_err() {
            tracing::error!("A download ended unexpectedly.");
        }
    }

    async fn work(self, tell: watch::Sender<Option<Journal>>, crowd: &Crowd) {
        let (name, size, id) = (&self.item.name, self.item.size, &self.id);
        let finished = tell.subscribe();
        let done = tokio::select! {
            done = self.fetch(tell) => Some(done),
            () = crowd.gone(self.patience) => None,
        };
        let done = done.map(|done| done.and_then(|()| self.put_in_place()));
        if !matches!(done, Some(Ok(()))) {
            let there = finished.borrow().as_ref().map_or(0, Journal::finished_bytes);
            self.quota.give_back(size.saturating_sub(there));
        }
        match done {
            Some(Ok(())) => tracing::info!("{id}: {name} is in the cache, {size} bytes."),
            Some(Err(error)) => tracing::warn!("{id}: {error}"),
            None => tracing::info!("{id}: nobody waits for {name} any more."),
        }
    }

    /// Downloads the file and puts it where its contents belong.
    async fn fetch(&self, tell: watch::Sender<Option<Journal>>) -> Result<(), HubError> {
        let Order { transport, access, id, item, folder, .. } = self;
        let name = &item.name;
        let opened = Blob::open(folder, item.size, &item.digest).await;
        let Some((blob, journal)) = opened.map_err(|error| failed(name, &error))? else {
            return Ok(());
        };
        tell.send_replace(Some(journal.clone()));
        let mut download = Download::new(vec![(item.clone(), journal)], CONNECTIONS);
        let mut places = [Watched { blob, tell }];
        run(&mut download, &mut places, &**transport, access, id, &|_| ()).await?;
        let [Watched { blob, tell }] = places;
        blob.finish().map_err(|error| failed(name, &error))?;
        // Those who wait for the last part look for the file then.
        drop(tell);
        Ok(())
    }

    /// Links the file into its snapshot, and notes what was asked for by name.
    fn put_in_place(&self) -> Result<(), HubError> {
        let Order { item, folder, commit, branches, .. } = self;
        let linked = link(folder, commit, &item.name, item.digest.hex());
        linked
            .and_then(|()| {
                branches.iter().try_for_each(|name| note_branch(folder, name, commit))
            })
            .map_err(|error| failed(&item.name, &error))
    }
}

impl Relay {
    /// The bytes of a range, as they come. The body breaks off where the download does.
    pub(crate) fn body(self, range: Range<u64>) -> Body {
        let pieces = stream::try_unfold((self, range, None), async |state| {
            let (mut relay, left, open): (Relay, Range<u64>, Option<File>) = state;
            if left.is_empty() {
                return Ok(None);
            }
            let (bytes, file) = relay.piece(&left, open).await?;
            let left = left.start + bytes.len() as u64..left.end;
            io::Result::Ok(Some((bytes, (relay, left, Some(file)))))
        });
        Body::from_stream(pieces)
    }

    /// The next piece of what is left to send, once it is there.
    async fn piece(
        &mut self,
        left: &Range<u64>,
        open: Option<File>,
    ) -> io::Result<(Vec<u8>, File)> {
        let start = left.start;
        let is_there = |journal: &Option<Journal>| {
            journal.as_ref().is_some_and(|j| j.is_finished(j.chunk_at(start)))
        };
        let chunk_end = match self.transfer.journal.wait_for(is_there).await {
            Ok(journal) => {
                journal.as_ref().map(|journal| journal.chunk(journal.chunk_at(start)).end)
            }
            // The download has ended: well, if the file is in its place.
            Err(_) => self.transfer.place.is_file().then_some(left.end),
        };
        let Some(chunk_end) = chunk_end else {
            return Err(io::Error::other("the download broke off"));
        };
        let end = left.end.min(chunk_end).min(start + PIECE);
        let Transfer { partial, place, .. } = self.transfer.clone();
        let read = move || {
            let mut file = match open {
                Some(file) => file,
                // It is renamed when it is whole.
                None => File::open(&partial).or_else(|_| File::open(&place))?,
            };
            let mut bytes = vec![0; (end - start) as usize];
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut bytes)?;
            Ok((bytes, file))
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

fn failed(file: &str, error: &io::Error) -> HubError {
    HubError::of_store(StoreFault::Other(error.to_string()), file)
}
