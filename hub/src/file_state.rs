//! How far one file of a download has come, and what is asked for of it next.

use std::ops::Range;

use crate::Journal;

/// A file as a download asks for it. Its journal says its size and its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub url: String,
}

/// A part of a file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which file, from 0.
    pub file: usize,
    /// The bytes that are missing.
    pub range: Range<u64>,
    /// The bytes of the chunk that are there already, before the range.
    pub held: Vec<u8>,
    /// The whole file is to be asked for, without a range.
    pub whole: bool,
}

/// A file and how far it has come.
#[derive(Debug)]
pub(crate) struct FileState {
    pub(crate) wanted: WantedFile,
    pub(crate) journal: Journal,
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

impl FileState {
    /// A file of which there is what its journal says.
    pub(crate) fn new(wanted: WantedFile, journal: Journal) -> FileState {
        FileState {
            wanted,
            chunks: vec![Chunk::default(); journal.chunk_count()],
            mode: match journal.digest() {
                Some(_) => Mode::Chunks,
                None => Mode::Rest,
            },
            journal,
            streaming: false,
        }
    }

    /// What to fetch next of it, if anything can be asked for now. `index` is its place among the
    /// files.
    pub(crate) fn next(&mut self, index: usize) -> Option<Piece> {
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

    /// Notes that a chunk is there and stored.
    pub(crate) fn finished(&mut self, chunk: usize) {
        self.journal.finish(chunk);
        self.chunks[chunk] = Chunk::default();
    }

    /// Notes that a request has ended. `held` are the bytes from `at` on that it left of an
    /// unfinished chunk.
    pub(crate) fn ended(&mut self, piece: &Piece, at: u64, held: Vec<u8>) {
        if piece.whole {
            // The next one begins at the start again.
            self.streaming = false;
            return;
        }
        let first = self.journal.chunk_at(piece.range.start);
        let chunk = self.journal.chunk_at(at);
        match self.mode {
            Mode::Rest => self.streaming = false,
            Mode::Chunks | Mode::Whole => self.chunks[first].under_way = false,
        }
        let is_of_piece = chunk == first || self.mode == Mode::Rest;
        if is_of_piece && at < self.journal.size() && !self.journal.is_finished(chunk) {
            self.chunks[chunk].held = held;
        }
    }

    /// Notes that the host sends no parts.
    pub(crate) fn no_ranges(&mut self) {
        self.mode = Mode::Whole;
        self.chunks.iter_mut().for_each(|chunk| chunk.held = Vec::new());
    }

    /// Drops all that was fetched.
    pub(crate) fn forget(&mut self) {
        self.journal.forget();
        self.chunks.fill(Chunk::default());
    }
}
