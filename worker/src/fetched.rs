//! A file that was fetched. A small one lies in the pieces that it came in, in JavaScript's
//! memory and not in WebAssembly's, which never shrinks; a large one in storage, where there
//! is any: either way it is gone once a model is made.

use js_sys::Uint8Array;
use model_files::ModelFile;
use protocol::{ErrorCode, Failure};
use web_sys::DedicatedWorkerGlobalScope;

use crate::models::Passing;
use crate::room;

/// From how many bytes on a file is large.
const LARGE: u64 = 32 << 20;
/// Bytes that are moved at once.
const AT_ONCE: usize = 1 << 20;

/// A file.
#[derive(Default)]
pub(crate) struct Fetched {
    kept: Kept,
    length: u64,
}

enum Kept {
    /// Pieces, each with where it begins; and whether they are known to have to stay so.
    Memory {
        pieces: Vec<(u64, Uint8Array)>,
        stays: bool,
    },
    Stored(Passing),
}

impl Default for Kept {
    fn default() -> Kept {
        Kept::Memory { pieces: Vec::new(), stays: false }
    }
}

impl Fetched {
    /// Adds what came next.
    pub(crate) async fn push(
        &mut self,
        scope: &DedicatedWorkerGlobalScope,
        piece: Uint8Array,
    ) {
        let length = u64::from(piece.length());
        if length == 0 {
            return;
        }
        if let Kept::Stored(file) = &self.kept
            && file.write(self.length, &piece).is_err()
        {
            // Storage is full.
            self.move_to_memory();
        }
        if let Kept::Memory { pieces, .. } = &mut self.kept {
            pieces.push((self.length, piece));
        }
        self.length += length;
        if let Kept::Memory { stays, .. } = &mut self.kept
            && self.length >= LARGE
            && !*stays
        {
            *stays = true;
            self.move_to_storage(scope).await;
        }
    }

    /// Moves it, unless storage fails.
    async fn move_to_storage(&mut self, scope: &DedicatedWorkerGlobalScope) {
        let Kept::Memory { pieces, .. } = &self.kept else { return };
        let Some(file) = Passing::begin(scope).await else { return };
        if pieces.iter().all(|(start, piece)| file.write(*start, piece).is_ok()) {
            self.kept = Kept::Stored(file);
        }
    }

    /// Moves it, as far as it can still be read; what cannot is missed when a model is made.
    fn move_to_memory(&mut self) {
        let Kept::Stored(file) = &self.kept else { return };
        let (mut pieces, mut buffer) = (Vec::new(), vec![0; AT_ONCE]);
        for start in (0..self.length).step_by(AT_ONCE) {
            let buffer = &mut buffer[..AT_ONCE.min((self.length - start) as usize)];
            if file.read(start, buffer).is_ok() {
                pieces.push((start, Uint8Array::from(&*buffer)));
            }
        }
        self.kept = Kept::Memory { pieces, stays: true };
    }

    /// All of it in one, for small files.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = room::zeros(self.length).ok_or_else(room::refused)?;
        self.read(0, &mut bytes).map_err(|reason| Failure {
            code: ErrorCode::Internal,
            message: format!("A file that was fetched cannot be read: {reason}."),
            hint: Some("Try again.".into()),
        })?;
        Ok(bytes)
    }
}

impl ModelFile for Fetched {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let pieces = match &self.kept {
            Kept::Memory { pieces, .. } => pieces,
            Kept::Stored(file) => {
                let read = file.read(offset, into);
                return read.map_err(|error| crate::describe(&error));
            }
        };
        let first = pieces.partition_point(|(start, _)| *start <= offset);
        let (mut offset, mut into) = (offset, into);
        for (start, piece) in pieces.iter().skip(first.saturating_sub(1)) {
            if into.is_empty() {
                break;
            }
            let Some(skipped) = offset.checked_sub(*start) else { break };
            let taken = u64::from(piece.length()).saturating_sub(skipped);
            let taken = (taken as usize).min(into.len());
            let (now, later) = into.split_at_mut(taken);
            let skipped = skipped as u32;
            piece.subarray(skipped, skipped + taken as u32).copy_to(now);
            (offset, into) = (offset + taken as u64, later);
        }
        match into.is_empty() {
            true => Ok(()),
            false => Err("it is shorter than it was".into()),
        }
    }
}
