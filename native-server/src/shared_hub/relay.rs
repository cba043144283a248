//! A file on its way from the hub behind this one: it is kept in the cache, and those who
//! want it have its parts as soon as they are there.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use futures_util::stream;
use hub::{Access, Download, HubError, Item, Journal, Store, StoreFault, run};
use tokio::sync::watch;

use super::SharedModel;
use crate::download::{Blob, HttpTransport, link, note_branch};

/// Requests that are under way at once: few, so that the parts come about in order.
const CONNECTIONS: usize = 2;
/// What is sent at once.
const PIECE: u64 = 1 << 20;

/// A file on its way; copies are the same.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    /// What is there of it; none before that is known. It ends with the download.
    journal: watch::Receiver<Option<Journal>>,
    /// Where its parts are, and then all of it.
    partial: PathBuf,
    place: PathBuf,
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

impl Relay {
    /// Begins to download into a model's folder of the cache.
    pub(super) fn begin(
        transport: Arc<HttpTransport>,
        access: Access,
        model: &SharedModel,
        item: Item,
        folder: PathBuf,
    ) -> Relay {
        let (tell, journal) = watch::channel(None);
        let blobs = folder.join("blobs");
        let place = blobs.join(item.digest.hex());
        let partial = Blob::partial(&folder, &item.digest);
        let (id, commit) = (model.id.to_string(), model.commit.clone());
        let runtime = tokio::runtime::Handle::current();
        // It waits for a lock and for the disk.
        tokio::task::spawn_blocking(move || {
            let (name, size) = (item.name.clone(), item.size);
            let done =
                runtime.block_on(fetch(&transport, &access, &id, item, &folder, tell));
            let done = done.and_then(|hex| {
                let linked = link(&folder, &commit, &name, &hex)
                    .and_then(|()| note_branch(&folder, "main", &commit));
                linked.map_err(|error| failed(&name, &error))
            });
            match done {
                Ok(()) => tracing::info!("{id}: {name} is in the cache, {size} bytes."),
                Err(error) => tracing::warn!("{id}: {error}"),
            }
        });
        Relay { journal, partial, place }
    }

    /// Whether the download goes on.
    pub(super) fn is_under_way(&self) -> bool {
        self.journal.has_changed().is_ok()
    }

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
        let chunk_end = match self.journal.wait_for(is_there).await {
            Ok(journal) => {
                journal.as_ref().map(|journal| journal.chunk(journal.chunk_at(start)).end)
            }
            // The download has ended: well, if the file is in its place.
            Err(_) => self.place.is_file().then_some(left.end),
        };
        let Some(chunk_end) = chunk_end else {
            return Err(io::Error::other("the download broke off"));
        };
        let end = left.end.min(chunk_end).min(start + PIECE);
        let (partial, place) = (self.partial.clone(), self.place.clone());
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

/// Downloads the file and puts it where it belongs; its hash.
async fn fetch(
    transport: &HttpTransport,
    access: &Access,
    id: &str,
    item: Item,
    folder: &Path,
    tell: watch::Sender<Option<Journal>>,
) -> Result<String, HubError> {
    let (name, hex) = (item.name.clone(), item.digest.hex().to_owned());
    let opened = Blob::open(folder, item.size, &item.digest);
    let Some((blob, journal)) = opened.map_err(|error| failed(&name, &error))? else {
        return Ok(hex);
    };
    tell.send_replace(Some(journal.clone()));
    let mut download = Download::new(vec![(item, journal)], CONNECTIONS);
    let mut places = [Watched { blob, tell }];
    run(&mut download, &mut places, transport, access, id, &|_| ()).await?;
    let [Watched { blob, tell }] = places;
    blob.finish().map_err(|error| failed(&name, &error))?;
    // Those who wait for the last part look for the file then.
    drop(tell);
    Ok(hex)
}

fn failed(file: &str, error: &io::Error) -> HubError {
    HubError::of_store(StoreFault::Other(error.to_string()), file)
}
