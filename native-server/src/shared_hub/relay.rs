//! A file that is being downloaded from the upstream hub into the cache, and relayed to the
//! clients that wait for it.

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

use super::limits::{Quota, Waiter, Waiters};
use crate::download::{Blob, HttpTransport, link, note_branch};

/// The requests that run at the same time: few, so that the parts come about in order.
const CONNECTIONS: usize = 2;
/// Bytes that are read and sent at once, at most.
const PIECE_BYTES: u64 = 1 << 20;

/// A download as one client waits for it.
#[derive(Debug)]
pub(crate) struct Relay {
    transfer: Transfer,
    _waiter: Waiter,
}

/// A download that runs. Clones are of the same download.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    /// Which chunks are there; none before the file is open. It closes with the download.
    journal: watch::Receiver<Option<Journal>>,
    /// The file while it is downloaded.
    partial: PathBuf,
    /// The file once it is complete.
    place: PathBuf,
    waiters: Waiters,
}

/// What to download, where to, and within which limits.
pub(super) struct TransferJob {
    pub(super) transport: Arc<HttpTransport>,
    pub(super) access: Access,
    /// The name of the model, for messages.
    pub(super) id: String,
    pub(super) commit: String,
    pub(super) item: Item,
    /// The model's folder in the cache.
    pub(super) folder: PathBuf,
    /// The branches and tags of the commit that clients have asked for.
    pub(super) branches: Vec<String>,
    /// One permit for each download that may run.
    pub(super) active: Arc<Semaphore>,
    /// The size of the file has been taken from it.
    pub(super) quota: Quota,
    pub(super) abandon_after: Duration,
}

/// The file on the disk, which reports each finished chunk.
struct ReportingBlob {
    blob: Blob,
    progress: watch::Sender<Option<Journal>>,
}

impl Store for ReportingBlob {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        self.blob.write(offset, bytes)
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        self.blob.read(offset, into)
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        self.blob.keep(journal)?;
        self.progress.send_replace(Some(journal.clone()));
        Ok(())
    }

    fn discard(&mut self) {
        self.blob.discard();
    }
}

impl Transfer {
    /// Starts a download into the cache. It ends early when no client waits any more; finished
    /// chunks stay.
    pub(super) fn begin(job: TransferJob) -> Transfer {
        let (progress, journal) = watch::channel(None);
        let place = job.folder.join("blobs").join(job.item.digest.hex());
        let partial = Blob::partial(&job.folder, &job.item.digest);
        let waiters = Waiters::new();
        tokio::spawn(job.run_in_turn(progress, waiters.clone()));
        Transfer { journal, partial, place, waiters }
    }

    /// Whether the download still runs.
    pub(super) fn is_under_way(&self) -> bool {
        self.journal.has_changed().is_ok()
    }

    /// The download for one more client.
    pub(super) fn join(&self) -> Relay {
        Relay { _waiter: self.waiters.join(), transfer: self.clone() }
    }
}

impl TransferJob {
    async fn run_in_turn(
        self,
        progress: watch::Sender<Option<Journal>>,
        waiters: Waiters,
    ) {
        let turn = tokio::select! {
            turn = self.active.clone().acquire_owned() => turn,
            () = waiters.all_gone_for(self.abandon_after) => {
                self.quota.give_back(self.item.size);
                return;
            }
        };
        let runtime = tokio::runtime::Handle::current();
        // It blocks on the disk, so it has a thread of its own, one for each permit.
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            runtime.block_on(self.work(progress, &waiters));
        });
        if worked.await.is_err() {
            tracing::error!("A download ended unexpectedly.");
        }
    }

    async fn work(self, progress: watch::Sender<Option<Journal>>, waiters: &Waiters) {
        let (name, size, id) = (&self.item.name, self.item.size, &self.id);
        let finished = progress.subscribe();
        let done = tokio::select! {
            done = self.fetch(progress) => Some(done),
            () = waiters.all_gone_for(self.abandon_after) => None,
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

    /// Downloads the file and moves it to its place.
    async fn fetch(
        &self,
        progress: watch::Sender<Option<Journal>>,
    ) -> Result<(), HubError> {
        let TransferJob { transport, access, id, item, folder, .. } = self;
        let name = &item.name;
        let opened = Blob::open(folder, item.size, &item.digest).await;
        let Some((blob, journal)) = opened.map_err(|error| failed(name, &error))? else {
            return Ok(());
        };
        progress.send_replace(Some(journal.clone()));
        let mut download = Download::new(vec![(item.clone(), journal)], CONNECTIONS);
        let mut places = [ReportingBlob { blob, progress }];
        run(&mut download, &mut places, &**transport, access, id, &|_| ()).await?;
        let [ReportingBlob { blob, progress }] = places;
        blob.finish().map_err(|error| failed(name, &error))?;
        // Clients that wait for the last part look for the complete file then.
        drop(progress);
        Ok(())
    }

    /// Links the file into its snapshot, and notes the commits of branches.
    fn put_in_place(&self) -> Result<(), HubError> {
        let TransferJob { item, folder, commit, branches, .. } = self;
        let linked = link(folder, commit, &item.name, item.digest.hex());
        linked
            .and_then(|()| {
                branches.iter().try_for_each(|name| note_branch(folder, name, commit))
            })
            .map_err(|error| failed(&item.name, &error))
    }
}

impl Relay {
    /// The bytes of a range, sent as they arrive. The body breaks off if the download does.
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

    /// The next bytes of what is left to send, once they are there.
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
            // The download has ended; it was complete if the file is in its place.
            Err(_) => self.transfer.place.is_file().then_some(left.end),
        };
        let Some(chunk_end) = chunk_end else {
            return Err(io::Error::other("the download broke off"));
        };
        let end = left.end.min(chunk_end).min(start + PIECE_BYTES);
        let Transfer { partial, place, .. } = self.transfer.clone();
        let read = move || {
            let mut file = match open {
                Some(file) => file,
                // The file is renamed when it is complete.
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
