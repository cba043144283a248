//! A file that was fetched, in the pieces that it came in. They lie in JavaScript's memory
//! and not in WebAssembly's, which never shrinks: a large file is gone once a model is made.

use engine::ModelFile;
use js_sys::Uint8Array;

/// The pieces of a file.
#[derive(Default)]
pub(crate) struct Fetched {
    /// Each with where it begins.
    pieces: Vec<(u64, Uint8Array)>,
    length: u64,
}

impl Fetched {
    /// Adds what came next.
    pub(crate) fn push(&mut self, piece: Uint8Array) {
        let length = u64::from(piece.length());
        if length > 0 {
            self.pieces.push((self.length, piece));
            self.length += length;
        }
    }

    /// All of it in one, for small files.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.to_vec()).collect()
    }
}

impl ModelFile for Fetched {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let first = self.pieces.partition_point(|(start, _)| *start <= offset);
        let (mut offset, mut into) = (offset, into);
        for (start, piece) in self.pieces.iter().skip(first.saturating_sub(1)) {
            if into.is_empty() {
                break;
            }
            let skipped = (offset - start) as u32;
            let taken = (piece.length() - skipped).min(into.len() as u32);
            let (now, later) = into.split_at_mut(taken as usize);
            piece.subarray(skipped, skipped + taken).copy_to(now);
            (offset, into) = (offset + u64::from(taken), later);
        }
        match into.is_empty() {
            true => Ok(()),
            false => Err("it is shorter than it was".into()),
        }
    }
}
