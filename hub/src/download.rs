//! What to fetch next, and what came back: the download as plain data, without network,
//! disk or clock.

use crate::file_state::FileState;
use crate::{Digest, Journal, Piece, WantedFile};

/// A file of a hub to download, with its size and its hash.
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

impl From<Item> for WantedFile {
    fn from(Item { name, url, .. }: Item) -> WantedFile {
        WantedFile { name, url }
    }
}

/// The files of a download and how far each has come.
///
/// ```
/// use hub::{Digest, Download, Item, Journal, Next};
///
/// let (size, digest) = (25, Digest::Sha256("00".repeat(32)));
/// let url = "https://hub.example/x".to_owned();
/// let item = Item { name: "x".into(), url, size, digest: digest.clone() };
/// let mut journal = Journal::with_chunks(size, digest, 10);
/// journal.finish(0);
///
/// let mut download = Download::new(vec![(item, journal)], 1);
/// let Next::Fetch(piece) = download.next_step() else { panic!("two chunks are missing") };
/// assert_eq!(piece.range, 10..20);
/// // There is one connection only.
/// assert_eq!(download.next_step(), Next::Busy);
/// download.finished(0, 1);
/// download.ended(&piece, 20, Vec::new());
/// assert_eq!(download.finished_bytes(), 20);
/// ```
#[derive(Debug)]
pub struct Download {
    files: Vec<FileState>,
    /// Requests that may be under way at once.
    connections: usize,
    under_way: usize,
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
        let file =
            |(wanted, journal): (F, Journal)| FileState::new(wanted.into(), journal);
        let files = files.into_iter().map(file).collect();
        Download { files, connections: connections.max(1), under_way: 0 }
    }

    /// The next thing to do. Of every piece it gives out it must be told by [`ended`], and of
    /// the chunks that came of it by [`finished`].
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

    /// Takes back a piece that cannot be fetched now.
    pub fn put_back(&mut self, mut piece: Piece) {
        let held = std::mem::take(&mut piece.held);
        let at = piece.range.start - held.len() as u64;
        self.ended(&piece, at, held);
    }

    /// Notes that a chunk of a file is there and stored.
    pub fn finished(&mut self, file: usize, chunk: usize) {
        self.files[file].finished(chunk);
    }

    /// Notes that the request for a piece has ended, well or not. `held` are the bytes that it
    /// left of an unfinished chunk; they begin at `at`.
    pub fn ended(&mut self, piece: &Piece, at: u64, held: Vec<u8>) {
        self.under_way = self.under_way.saturating_sub(1);
        self.files[piece.file].ended(piece, at, held);
    }

    /// Notes that the host of a file sends no parts of it.
    pub fn no_ranges(&mut self, file: usize) {
        self.files[file].no_ranges();
    }

    /// Drops all that was fetched of a file.
    pub fn forget(&mut self, file: usize) {
        self.files[file].forget();
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
