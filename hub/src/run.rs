//! Drives a download to its end over a network and the stores of its files.

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::piece_transfer::{ByteCounter, PieceTransfer};
use crate::{
    Access, Download, Hasher, HubError, Journal, Next, RequestFault, StoreFault,
    Transport,
};

/// Bytes that are read at once to be hashed.
const READ_AT_ONCE: u64 = 4 << 20;

/// Where one file is kept, with its journal.
pub trait Store {
    /// Writes bytes of the file at an offset.
    ///
    /// # Errors
    /// If there is no room, or the store fails.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault>;

    /// Fills `into` with the bytes at an offset, which were written before.
    ///
    /// # Errors
    /// If they are not there, or the store fails.
    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault>;

    /// Stores the journal. If it outlives a crash, so must all that was written before it.
    ///
    /// # Errors
    /// If there is no room, or the store fails.
    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault>;

    /// Deletes the file and its journal.
    fn discard(&mut self);
}

/// Fetches what is missing, stores it, and checks every file against its hash, if it has one.
/// There is a store for each file, in their order. `id` is the model, for errors; `tell` hears
/// how many bytes of all files are there. Dropping the future stops the download; what is
/// finished stays.
///
/// ```
/// use futures_util::FutureExt;
/// use hub::in_memory::{HostedFile, MemoryNetwork, MemoryStore};
/// use hub::{Access, Digest, Download, Hasher, Item, Journal, run};
///
/// let bytes = b"the weights of a model".to_vec();
/// let size = bytes.len() as u64;
/// let mut hasher = Hasher::new(&Digest::Sha256(String::new()), size);
/// hasher.update(&bytes);
/// let digest = Digest::Sha256(hasher.hex());
///
/// let (name, url) = ("x.gguf", "https://hub.example/owner/name/resolve/main/x.gguf");
/// let network = MemoryNetwork::default();
/// network.put(url, HostedFile { bytes: bytes.clone(), ..HostedFile::default() });
/// // The connection is cut once, and the download goes on where it was.
/// network.cut_after(5);
///
/// let item = Item { name: name.into(), url: url.into(), size, digest: digest.clone() };
/// let mut download = Download::new(vec![(item, Journal::new(size, digest))], 4);
/// let mut stores = [MemoryStore::default()];
/// let access = Access::default();
/// run(&mut download, &mut stores, &network, &access, "owner/name", &|_| ())
///     .now_or_never()
///     .expect("nothing waits in memory")?;
/// assert_eq!(stores[0].bytes, bytes);
/// assert_eq!(network.asked()[1].range, Some(5..size));
/// # Ok::<(), hub::HubError>(())
/// ```
///
/// # Errors
/// If a file cannot be fetched or stored, or is not what it should be.
pub async fn run<T: Transport, S: Store>(
    download: &mut Download,
    stores: &mut [S],
    transport: &T,
    access: &Access,
    id: &str,
    tell: &dyn Fn(u64),
) -> Result<(), HubError> {
    let mut checks: Vec<HashCheck> =
        (0..download.file_count()).map(|file| HashCheck::new(download, file)).collect();
    for (file, store) in stores.iter_mut().enumerate() {
        checks[file].catch_up(download, file, store)?;
    }
    let counter = ByteCounter { done: Cell::new(download.finished_bytes()), tell };
    let mut under_way = FuturesUnordered::new();
    // Faults since anything came, and a number that tells the requests that were sent
    // before a fault from those sent after it: many cut at once are one fault.
    let (mut failures, mut round) = (0, 0u32);
    let mut not_before = 0.0;
    loop {
        let wait = not_before - transport.now_ms();
        let may_ask = wait <= 0.0;
        loop {
            match download.next_step() {
                Next::Complete => return Ok(()),
                Next::Fetch(piece) if may_ask => {
                    let transfer = PieceTransfer::new(download, piece, round);
                    under_way.push(transfer.advance(transport, access, &counter));
                }
                Next::Fetch(piece) => {
                    download.put_back(piece);
                    break;
                }
                Next::Busy => break,
            }
        }
        if under_way.is_empty() {
            transport.sleep(wait.max(1.0)).await;
            continue;
        }
        let advanced = if wait > 0.0 {
            match select(under_way.next(), pin!(transport.sleep(wait))).await {
                Either::Left((advanced, _)) => advanced,
                Either::Right(_) => continue,
            }
        } else {
            under_way.next().await
        };
        let Some((mut transfer, step)) = advanced else { continue };
        let file = transfer.piece.file;
        match step {
            Ok(()) => {
                let chunk = download.journal(file).chunk_at(transfer.start());
                if !download.journal(file).is_finished(chunk) {
                    failures = 0;
                    keep(download, &mut stores[file], &transfer)?;
                    checks[file].catch_up(download, file, &mut stores[file])?;
                }
                transfer.bytes.clear();
                if transfer.whole {
                    download.no_ranges(file);
                }
                match transfer.at < transfer.until {
                    true => under_way.push(transfer.advance(transport, access, &counter)),
                    false => download.ended(&transfer.piece, transfer.at, Vec::new()),
                }
            }
            Err(fault) => {
                if transfer.whole {
                    // What is half there will come again.
                    counter.add(-(transfer.counted() as i64));
                } else if transfer.came {
                    failures = 0;
                }
                let whole = transfer.whole;
                download.ended(&transfer.piece, transfer.start(), transfer.bytes);
                if fault == RequestFault::Changed {
                    download.forget(file);
                    stores[file].discard();
                }
                if fault == RequestFault::NoRanges {
                    download.no_ranges(file);
                    counter.done.set(download.finished_bytes());
                    continue;
                }
                if transfer.round < round {
                    continue;
                }
                round += 1;
                failures += 1;
                let fault = match whole && failures >= access.backoff.attempts {
                    true => RequestFault::NoRanges,
                    false => fault,
                };
                let name = &download.item(file).name;
                let wait = access.verdict(&fault, id, name, failures, transport)?;
                not_before = transport.now_ms() + wait;
            }
        }
    }
}

/// Stores a chunk, and then notes it in the journal.
fn keep<B>(
    download: &mut Download,
    store: &mut impl Store,
    transfer: &PieceTransfer<B>,
) -> Result<(), HubError> {
    let file = transfer.piece.file;
    let mut journal = download.journal(file).clone();
    let chunk = journal.chunk_at(transfer.start());
    journal.finish(chunk);
    let kept = store
        .write(transfer.start(), &transfer.bytes)
        .and_then(|()| store.keep(&journal));
    kept.map_err(|fault| HubError::of_store(fault, &download.item(file).name))?;
    download.finished(file, chunk);
    Ok(())
}

/// The hash of a file, as far as its chunks are there without a gap.
struct HashCheck {
    /// None once it was checked, and for a file that has no hash.
    hasher: Option<Hasher>,
    /// Chunks that the hash covers.
    covered: usize,
}

impl HashCheck {
    fn new(download: &Download, file: usize) -> HashCheck {
        let journal = download.journal(file);
        let hasher = journal.digest().map(|digest| Hasher::new(digest, journal.size()));
        HashCheck { hasher, covered: 0 }
    }

    /// Takes the chunks that have become available, and checks the hash after the last.
    fn catch_up(
        &mut self,
        download: &mut Download,
        file: usize,
        store: &mut impl Store,
    ) -> Result<(), HubError> {
        let journal = download.journal(file);
        let name = &download.item(file).name;
        let Some(hasher) = &mut self.hasher else { return Ok(()) };
        while journal.is_finished(self.covered) {
            let mut range = journal.chunk(self.covered);
            while !range.is_empty() {
                let count = (range.end - range.start).min(READ_AT_ONCE);
                let mut bytes = vec![0; count as usize];
                let read = store.read(range.start, &mut bytes);
                read.map_err(|fault| HubError::of_store(fault, name))?;
                hasher.update(&bytes);
                range.start += count;
            }
            self.covered += 1;
        }
        if self.covered < journal.chunk_count() {
            return Ok(());
        }
        let hash = self.hasher.take().zip(journal.digest());
        let sound = hash.is_some_and(|(hash, digest)| hash.is(digest));
        match sound {
            true => Ok(()),
            false => {
                let file_name = name.clone();
                download.forget(file);
                store.discard();
                Err(HubError::WrongBytes { file: file_name })
            }
        }
    }
}
