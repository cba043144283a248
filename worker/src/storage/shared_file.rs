//! Files that stay open as long as a model is there.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use model_files::{BoxedFile, ModelFile, SharedFile};

thread_local! {
    /// The open files of this thread by their numbers, and the next number.
    static OPEN: RefCell<(HashMap<u32, BoxedFile>, u32)> = RefCell::default();
}

/// An open file by its number: a model may go from thread to thread, an open file may not. It can
/// be read in the thread that shared it.
struct Shared {
    number: u32,
    /// In bytes.
    length: u64,
}

/// Keeps a file open as long as anyone has what is returned.
pub(crate) fn share(file: BoxedFile) -> SharedFile {
    let length = file.length();
    let number = OPEN.with_borrow_mut(|(files, next)| {
        let number = *next;
        *next += 1;
        files.insert(number, file);
        number
    });
    Arc::new(Shared { number, length })
}

impl ModelFile for Shared {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        OPEN.with_borrow(|(files, _)| match files.get(&self.number) {
            Some(file) => file.read(offset, into),
            None => Err("it is open in another thread".into()),
        })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let closed = OPEN.with_borrow_mut(|(files, _)| files.remove(&self.number));
        // Not while the list is borrowed: what it does then is its own.
        drop(closed);
    }
}
