//! A download driven to its end over a network and places to keep files.

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::task::{Meter, Task};
use crate::{
    Access, Download, Hasher, HubError, Journal, Next, RequestFault, StoreFault,
    Transport,
};

/// Bytes that are read at once to be hashed.
const READ_AT_ONCE: u64 = 4 << 20;

/// The place of one file.
pub trait Store {
    /// Writes bytes of the file.
    ///
    /// # Errors
    /// If there is no room, or the place fails.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault>;

    /// Reads bytes that were written.
    ///
    /// # Errors
    /// If they are not there, or the place fails.
    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault>;

    /// Keeps the journal. What was written before outlives a crash if the journal does.
    ///
    /// # Errors
    /// If there is no room, or the place fails.
    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault>;

    /// Forgets the file and its journal.
    fn discard(&mut self);
}

/// Fetches what is missing, keeps it, and checks every file against its hash. `tell`
/// hears how many bytes of all there are. Dropping the future stops the download; what
/// is finished stays.
///
/// # Errors
/// If a file cannot be had or kept, or is not what it should be.
pub async fn run<T: Transport, S: Store>(
    download: &mut Download,
    stores: &mut [S],
    transport: &T,
    access: &Access,
    id: &str,
    tell: &dyn Fn(u64),
) -> Result<(), HubError> {
    let mut checks: Vec<Check> =
        (0..download.file_count()).map(|file| Check::new(download, file)).collect();
    for (file, store) in stores.iter_mut().enumerate() {
        checks[file].catch_up(download, file, store)?;
    }
    let meter = Meter { done: Cell::new(download.finished_bytes()), tell };
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
                    let task = Task::new(download, piece, round);
                    under_way.push(task.advance(transport, access, &meter));
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
        let Some((mut task, step)) = advanced else { continue };
        let file = task.piece.file;
        match step {
            Ok(()) => {
                let chunk = download.journal(file).chunk_at(task.start());
                if !download.journal(file).is_finished(chunk) {
                    failures = 0;
                    keep(download, &mut stores[file], &task)?;
                    checks[file].catch_up(download, file, &mut stores[file])?;
                }
                task.bytes.clear();
                if task.whole {
                    download.no_ranges(file);
                }
                match task.at < task.until {
                    true => under_way.push(task.advance(transport, access, &meter)),
                    false => download.ended(&task.piece, task.at, Vec::new()),
                }
            }
            Err(fault) => {
                if task.whole {
                    // What is half there will come again.
                    meter.add(-(task.counted() as i64));
                } else if task.came {
                    failures = 0;
                }
                let whole = task.whole;
                download.ended(&task.piece, task.start(), task.bytes);
                if fault == RequestFault::Changed {
                    download.forget(file);
                    stores[file].discard();
                }
                if fault == RequestFault::NoRanges {
                    download.no_ranges(file);
                    meter.done.set(download.finished_bytes());
                    continue;
                }
                if task.round < round {
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

/// Puts a chunk where it belongs, and then into the journal.
fn keep<B>(
    download: &mut Download,
    store: &mut impl Store,
    task: &Task<B>,
) -> Result<(), HubError> {
    let file = task.piece.file;
    let mut journal = download.journal(file).clone();
    let chunk = journal.chunk_at(task.start());
    journal.finish(chunk);
    let kept = store.write(task.start(), &task.bytes).and_then(|()| store.keep(&journal));
    kept.map_err(|fault| HubError::of_store(fault, &download.item(file).name))?;
    download.finished(file, chunk);
    Ok(())
}

/// The hash of a file, as far as its chunks are there without a gap.
struct Check {
    /// None once it was checked, and for a file that has no hash.
    hasher: Option<Hasher>,
    /// Chunks that the hash covers.
    covered: usize,
}

impl Check {
    fn new(download: &Download, file: usize) -> Check {
        let journal = download.journal(file);
        let hasher = journal.digest().map(|digest| Hasher::new(digest, journal.size()));
        Check { hasher, covered: 0 }
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
