//! What to fetch next, and what came back: the download as plain data, without network,
//! disk or clock.

use std::ops::Range;

use crate::{Digest, Journal};

/// A file of a hub that is wanted, with what it is checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// In bytes.
    pub size: u64,
    /// What it hashes to.
    pub digest: Digest,
}

/// A file as a download asks for it. Its journal says its size and its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub url: String,
}

impl From<Item> for WantedFile {
    fn from(Item { name, url, .. }: Item) -> WantedFile {
        WantedFile { name, url }
    }
}

/// The files of a download and how far each has come.
#[derive(Debug)]
pub struct Download {
    files: Vec<FileState>,
    /// Requests that may be under way at once.
    connections: usize,
    under_way: usize,
}

#[derive(Debug)]
struct FileState {
    wanted: WantedFile,
    journal: Journal,
    chunks: Vec<Chunk>,
    mode: Mode,
    /// A request for more than a chunk is under way.
    streaming: bool,
}

/// How a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Chunk by chunk, over several connections.
    Chunks,
    /// All that is missing in one request. The first one is for the whole file, which every host
    /// answers; a page may not ask every host for a part.
    Rest,
    /// The whole file in one request, from its start: the host sends no parts.
    Whole,
}

/// What there is of a chunk that is not finished.
#[derive(Clone, Debug, Default)]
struct Chunk {
    under_way: bool,
    /// Its first bytes, from a connection that was cut.
    held: Vec<u8>,
}

/// Something to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which file, from 0.
    pub file: usize,
    /// The bytes that are missing.
    pub range: Range<u64>,
    /// The bytes of the chunk that are there already, before the range.
    pub held: Vec<u8>,
    /// The request is for the whole file, of which a range is not to be asked for.
    pub whole: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Fetch this.
    Fetch(Piece),
    /// Wait for what is under way.
    Busy,
    /// Nothing: all is there.
    Complete,
}

impl Download {
    /// A download of files with their journals, over so many connections at once. A file
    /// without a hash is fetched from its start to its end.
    pub fn new<F: Into<WantedFile>>(
        files: Vec<(F, Journal)>,
        connections: usize,
    ) -> Download {
        let file = |(wanted, journal): (F, Journal)| FileState {
            wanted: wanted.into(),
            chunks: vec![Chunk::default(); journal.chunk_count()],
            mode: match journal.digest() {
                Some(_) => Mode::Chunks,
                None => Mode::Rest,
            },
            journal,
            streaming: false,
        };
        let files = files.into_iter().map(file).collect();
        Download { files, connections: connections.max(1), under_way: 0 }
    }

    /// The next thing to do. What is given out must come back by [`finished`] and
    /// [`ended`].
    ///
    /// [`finished`]: Self::finished
    /// [`ended`]: Self::ended
    pub fn next_step(&mut self) -> Next {
        if self.files.iter().all(|file| file.journal.is_complete()) {
            return Next::Complete;
        }
        if self.under_way >= self.connections {
            return Next::Busy;
        }
        for (index, file) in self.files.iter_mut().enumerate() {
            if let Some(piece) = file.next(index) {
                self.under_way += 1;
                return Next::Fetch(piece);
            }
        }
        Next::Busy
    }

    /// A piece cannot be fetched now.
    pub fn put_back(&mut self, mut piece: Piece) {
        let held = std::mem::take(&mut piece.held);
        let at = piece.range.start - held.len() as u64;
        self.ended(&piece, at, held);
    }

    /// A chunk of a file is there and kept.
    pub fn finished(&mut self, file: usize, chunk: usize) {
        let file = &mut self.files[file];
        file.journal.finish(chunk);
        file.chunks[chunk] = Chunk::default();
    }

    /// A request has ended, well or not; `held` is what it left of the chunk at `at`.
    pub fn ended(&mut self, piece: &Piece, at: u64, held: Vec<u8>) {
        self.under_way = self.under_way.saturating_sub(1);
        let file = &mut self.files[piece.file];
        if piece.whole {
            // The next one begins at the start again.
            file.streaming = false;
            return;
        }
        let first = file.journal.chunk_at(piece.range.start);
        let chunk = file.journal.chunk_at(at);
        match file.mode {
            Mode::Rest => file.streaming = false,
            Mode::Chunks | Mode::Whole => file.chunks[first].under_way = false,
        }
        let is_of_piece = chunk == first || file.mode == Mode::Rest;
        if is_of_piece && at < file.journal.size() && !file.journal.is_finished(chunk) {
            file.chunks[chunk].held = held;
        }
    }

    /// A file's host sends no parts.
    pub fn no_ranges(&mut self, file: usize) {
        let file = &mut self.files[file];
        file.mode = Mode::Whole;
        file.chunks.iter_mut().for_each(|chunk| chunk.held = Vec::new());
    }

    /// Whether a file's host sends no parts.
    pub fn is_whole(&self, file: usize) -> bool {
        self.files[file].mode == Mode::Whole
    }

    /// All that was fetched of a file is of no use.
    pub fn forget(&mut self, file: usize) {
        let file = &mut self.files[file];
        file.journal.forget();
        file.chunks.fill(Chunk::default());
    }

    /// A file.
    pub fn item(&self, file: usize) -> &WantedFile {
        &self.files[file].wanted
    }

    /// What there is of a file.
    pub fn journal(&self, file: usize) -> &Journal {
        &self.files[file].journal
    }

    /// How many files there are.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Bytes that are finished, of all files.
    pub fn finished_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.journal.finished_bytes()).sum()
    }

    /// Bytes in all.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.journal.size()))
    }
}

impl FileState {
    fn next(&mut self, index: usize) -> Option<Piece> {
        if self.journal.is_complete() || self.streaming {
            return None;
        }
        if self.mode == Mode::Whole {
            // Parts that were asked for before it was known must have ended.
            if self.chunks.iter().any(|chunk| chunk.under_way) {
                return None;
            }
            self.streaming = true;
            let range = 0..self.journal.size();
            return Some(Piece { file: index, range, held: Vec::new(), whole: true });
        }
        let missing = (0..self.chunks.len()).find(|chunk| {
            !self.journal.is_finished(*chunk) && !self.chunks[*chunk].under_way
        })?;
        let chunk = &mut self.chunks[missing];
        let held = std::mem::take(&mut chunk.held);
        let Range { start, mut end } = self.journal.chunk(missing);
        if self.mode == Mode::Rest {
            self.streaming = true;
            end = self.journal.size();
        } else {
            chunk.under_way = true;
        }
        let range = start + held.len() as u64..end;
        Some(Piece { file: index, range, held, whole: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn download(size: u64, connections: usize) -> Download {
        let digest = Digest::Sha256("00".into());
        let (name, url) = ("a".into(), "http://a".into());
        let item = Item { name, url, size, digest: digest.clone() };
        let journal = Journal::with_chunks(size, digest, 10);
        Download::new(vec![(item, journal)], connections)
    }

    fn fetch(download: &mut Download) -> Piece {
        match download.next_step() {
            Next::Fetch(piece) => piece,
            other => panic!("there should be something to fetch, not {other:?}"),
        }
    }

    #[test]
    fn no_more_is_under_way_than_there_are_connections() {
        let mut download = download(35, 2);
        let (first, second) = (fetch(&mut download), fetch(&mut download));
        assert_eq!((first.range.clone(), second.range), (0..10, 10..20));
        assert_eq!(download.next_step(), Next::Busy);
        download.finished(0, 0);
        download.ended(&first, 10, Vec::new());
        assert_eq!(fetch(&mut download).range, 20..30);
    }

    #[test]
    fn a_cut_connection_costs_only_what_had_not_come() {
        let mut download = download(20, 1);
        let piece = fetch(&mut download);
        download.ended(&piece, 0, vec![1, 2, 3]);
        let again = fetch(&mut download);
        assert_eq!((again.range.clone(), again.held.len()), (3..10, 3));
        download.finished(0, 0);
        download.ended(&again, 10, Vec::new());
        assert_eq!(fetch(&mut download).range, 10..20);
    }

    #[test]
    fn a_host_without_ranges_is_asked_for_the_whole_once_the_others_have_ended() {
        let mut download = download(30, 2);
        let (first, second) = (fetch(&mut download), fetch(&mut download));
        download.no_ranges(0);
        download.ended(&second, 10, Vec::new());
        assert_eq!(download.next_step(), Next::Busy);
        download.ended(&first, 0, Vec::new());
        let whole = fetch(&mut download);
        assert!(whole.whole && whole.range == (0..30));
        assert_eq!(download.next_step(), Next::Busy);
        (0..3).for_each(|chunk| download.finished(0, chunk));
        assert_eq!(download.next_step(), Next::Complete);
    }
}
