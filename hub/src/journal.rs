//! Which chunks of a file are finished; stored beside the file, so that a download goes on
//! after a crash.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Digest, FileIdentity};

const MIB: u64 = 1 << 20;
/// The largest chunk, in bytes. It is in memory until it is finished.
const LARGEST_CHUNK: u64 = 32 * MIB;
/// The least and the most bytes of a chunk. The least is so much that the hub's redirect before
/// each chunk costs nothing.
const CHUNKS: (u64, u64) = (4 * MIB, LARGEST_CHUNK);
/// The same for a file without a hash: all of its chunks come in one response.
const CHUNKS_OF_STREAM: (u64, u64) = (MIB, 8 * MIB);
/// More chunks than any file has that a hub may offer.
const MOST_CHUNKS: u64 = 1 << 16;

/// What there is of a file. A journal of another file, or of the same one with other
/// chunks, fits nothing and is begun anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    size: u64,
    chunk_size: u64,
    /// Called so since journals were first written, when all files had one.
    #[serde(rename = "digest")]
    identity: FileIdentity,
    /// A `1` for each chunk that is finished, a `0` for each that is not.
    chunks: String,
}

impl Journal {
    /// A file of which there is nothing.
    pub fn new(size: u64, identity: impl Into<FileIdentity>) -> Journal {
        let identity = identity.into();
        let bounds = match identity {
            FileIdentity::Digest(_) => CHUNKS,
            FileIdentity::Validators(_) => CHUNKS_OF_STREAM,
        };
        Journal::with_chunks(size, identity, chunk_size(size, bounds))
    }

    /// The same with chunks of a given size, in bytes; of more, where there would be too
    /// many of them.
    pub fn with_chunks(
        size: u64,
        identity: impl Into<FileIdentity>,
        chunk_size: u64,
    ) -> Journal {
        let identity = identity.into();
        let chunk_size = chunk_size.max(1).max(size.div_ceil(MOST_CHUNKS));
        let count = size.div_ceil(chunk_size) as usize;
        Journal { size, chunk_size, identity, chunks: "0".repeat(count) }
    }

    /// Reads the journal of a file of this size and identity; none if it is of another.
    pub fn read(
        json: &[u8],
        size: u64,
        identity: impl Into<FileIdentity>,
    ) -> Option<Journal> {
        let journal: Journal = serde_json::from_slice(json).ok()?;
        let count = size.div_ceil(journal.chunk_size.max(1));
        let fits = journal.size == size
            && (1..=LARGEST_CHUNK).contains(&journal.chunk_size)
            // So the end of the last chunk does not overflow.
            && size.checked_add(journal.chunk_size).is_some()
            && journal.identity == identity.into()
            && journal.chunks.len() as u64 == count
            && journal.chunks.bytes().all(|chunk| matches!(chunk, b'0' | b'1'));
        fits.then_some(journal)
    }

    /// What to store.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The file's size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What tells the file from others.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// What the file must hash to, if that is known.
    pub fn digest(&self) -> Option<&Digest> {
        self.identity.digest()
    }

    /// How many chunks there are.
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// The bytes of a chunk.
    pub fn chunk(&self, chunk: usize) -> Range<u64> {
        let start = (chunk as u64).saturating_mul(self.chunk_size).min(self.size);
        start..start.saturating_add(self.chunk_size).min(self.size)
    }

    /// The chunk that a byte is in.
    pub fn chunk_at(&self, offset: u64) -> usize {
        (offset / self.chunk_size) as usize
    }

    /// Whether a chunk is finished.
    pub fn is_finished(&self, chunk: usize) -> bool {
        self.chunks.as_bytes().get(chunk) == Some(&b'1')
    }

    /// Notes that a chunk is finished.
    pub fn finish(&mut self, chunk: usize) {
        if chunk < self.chunks.len() {
            self.chunks.replace_range(chunk..=chunk, "1");
        }
    }

    /// Notes that all chunks are finished that lie within the first `bytes` bytes.
    pub fn finish_first(&mut self, bytes: u64) {
        (0..self.chunk_count())
            .filter(|chunk| self.chunk(*chunk).end <= bytes)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|chunk| self.finish(chunk));
    }

    /// Forgets all chunks.
    pub fn forget(&mut self) {
        self.chunks = "0".repeat(self.chunks.len());
    }

    /// Bytes that are there.
    pub fn finished_bytes(&self) -> u64 {
        (0..self.chunk_count())
            .filter(|chunk| self.is_finished(*chunk))
            .map(|chunk| self.chunk(chunk))
            .map(|range| range.end - range.start)
            .sum()
    }

    /// Whether all is there.
    pub fn is_complete(&self) -> bool {
        !self.chunks.contains('0')
    }
}

/// Some 64 chunks to a file, in whole MiB: small enough to lose little in a crash.
fn chunk_size(size: u64, (least, most): (u64, u64)) -> u64 {
    (size / 64).next_multiple_of(MIB).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> Digest {
        Digest::Sha256("00".into())
    }

    #[test]
    fn chunks_cover_the_file_without_gap_or_overlap() {
        for size in [0, 1, 10, 11, 29, 30] {
            let journal = Journal::with_chunks(size, digest(), 10);
            let chunks: Vec<_> =
                (0..journal.chunk_count()).map(|c| journal.chunk(c)).collect();
            assert!(chunks.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert_eq!(chunks.last().map_or(0, |last| last.end), size);
            assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
        }
    }

    #[test]
    fn chunks_grow_with_the_file_and_are_smaller_where_they_need_no_requests() {
        let validators = || FileIdentity::Validators(crate::Validators::default());
        for (size, of_hub, of_address) in
            [(10, 4, 1), (75, 4, 2), (256, 4, 4), (1000, 16, 8), (10_000, 32, 8)]
        {
            let first = |journal: Journal| journal.chunk(0).end / MIB;
            let hub = first(Journal::new(size * MIB, digest()));
            let address = first(Journal::new(size * MIB, validators()));
            assert_eq!((hub, address), (of_hub, of_address), "{size} MiB");
        }
    }

    #[test]
    fn a_journal_is_read_back_for_its_own_file_only() {
        let mut journal = Journal::with_chunks(25, digest(), 10);
        journal.finish(2);
        let json = journal.to_json();
        assert_eq!(Journal::read(&json, 25, digest()), Some(journal.clone()));
        assert_eq!(journal.finished_bytes(), 5);
        assert_eq!(Journal::read(&json, 26, digest()), None);
        assert_eq!(Journal::read(&json, 25, Digest::Git("00".into())), None);
        assert_eq!(Journal::read(&json[1..], 25, digest()), None);
        let changed = |from: &str, to: &str| {
            String::from_utf8(json.clone()).unwrap().replace(from, to)
        };
        for odd in [
            changed("001", "01"),
            changed("001", "00x"),
            changed(":10,", ":0,"),
            changed(":10,", &format!(":{},", u64::MAX)),
        ] {
            assert_eq!(Journal::read(odd.as_bytes(), 25, digest()), None, "{odd}");
        }
        let one = changed(":10,", &format!(":{},", u64::MAX)).replace("001", "1");
        assert_eq!(Journal::read(one.as_bytes(), 25, digest()), None, "{one}");
    }

    #[test]
    fn absurd_sizes_take_no_memory() {
        for size in [u64::MAX, u64::MAX - 1, 1 << 60] {
            let journal = Journal::new(size, digest());
            assert!(journal.chunk_count() <= 1 << 16);
            let last = journal.chunk(journal.chunk_count() - 1);
            assert_eq!(last.end, size);
            assert_eq!(journal.chunk_at(size - 1), journal.chunk_count() - 1);
        }
        // One chunk of all would be read into memory as a whole.
        let json = format!(
            r#"{{"size":{0},"chunk_size":{0},"digest":{{"sha256":"00"}},"chunks":"1"}}"#,
            1u64 << 40
        );
        assert_eq!(Journal::read(json.as_bytes(), 1 << 40, digest()), None);
    }

    #[test]
    fn the_start_of_a_file_finishes_the_chunks_that_are_whole() {
        let mut journal = Journal::with_chunks(25, digest(), 10);
        journal.finish_first(24);
        assert!(journal.is_finished(1) && !journal.is_finished(2));
        journal.finish_first(25);
        assert!(journal.is_complete());
    }
}
