//! A network and places for files in memory, for tests and examples. Nothing waits here: every future
//! is ready when it is first looked at.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use crate::{
    Body, FileRequest, FileResponse, Journal, RequestFault, Store, StoreFault, Transport,
};

/// Files at their addresses.
#[derive(Debug, Default)]
pub struct MemoryNetwork {
    files: RefCell<BTreeMap<String, HostedFile>>,
    asked: RefCell<Vec<FileRequest>>,
    cuts: RefCell<VecDeque<usize>>,
    now_ms: Cell<f64>,
}

/// A file as its host gives it.
#[derive(Clone, Debug, Default)]
pub struct HostedFile {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Headers besides those that follow from the bytes; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether the host sends the whole file whatever part is asked for.
    pub no_ranges: bool,
}

impl MemoryNetwork {
    /// Puts a file at an address, in place of the one that is there.
    pub fn put(&self, url: &str, file: HostedFile) {
        self.files.borrow_mut().insert(url.to_owned(), file);
    }

    /// Cuts the next response after so many bytes; called again, the one after that.
    pub fn cut_after(&self, bytes: usize) {
        self.cuts.borrow_mut().push_back(bytes);
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<FileRequest> {
        self.asked.borrow().clone()
    }
}

impl Transport for MemoryNetwork {
    type Body = MemoryBody;

    async fn get(
        &self,
        request: &FileRequest,
    ) -> Result<FileResponse<MemoryBody>, RequestFault> {
        self.asked.borrow_mut().push(request.clone());
        let files = self.files.borrow();
        let nothing = HostedFile::default();
        let (found, file) = match files.get(&request.url) {
            Some(file) => (true, file),
            None => (false, &nothing),
        };
        let size = file.bytes.len();
        let range = request.range.clone().filter(|_| !file.no_ranges);
        let (status, part) = match range {
            _ if !found => (404, 0..0),
            Some(range) if range.start < size as u64 => {
                (206, range.start as usize..size.min(range.end as usize))
            }
            Some(_) => (416, 0..0),
            None => (200, 0..size),
        };
        let header = |name: &str| match name {
            "content-length" => Some(part.len().to_string()),
            "content-range" if status == 206 => {
                Some(format!("bytes {}-{}/{size}", part.start, part.end - 1))
            }
            name => {
                let known = file.headers.iter().find(|(known, _)| known == name);
                known.map(|(_, value)| value.clone())
            }
        };
        let bytes = file.bytes[part.clone()].to_vec();
        let cut = self.cuts.borrow_mut().pop_front();
        Ok(FileResponse::read(status, &request.url, header, MemoryBody { bytes, cut }))
    }

    async fn sleep(&self, ms: f64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    fn now_ms(&self) -> f64 {
        self.now_ms.get()
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// The bytes of an answer.
#[derive(Debug)]
pub struct MemoryBody {
    bytes: Vec<u8>,
    cut: Option<usize>,
}

impl Body for MemoryBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RequestFault> {
        match self.cut {
            Some(0) => Err(RequestFault::Cut),
            Some(bytes) => {
                self.cut = Some(0);
                let count = bytes.min(self.bytes.len());
                Ok(Some(self.bytes.drain(..count).collect()))
            }
            None if self.bytes.is_empty() => Ok(None),
            None => Ok(Some(std::mem::take(&mut self.bytes))),
        }
    }
}

/// A file and its journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    /// What was written.
    pub bytes: Vec<u8>,
    /// The journal that was stored last.
    pub journal: Option<Journal>,
}

impl Store for MemoryStore {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StoreFault> {
        let range = offset as usize..offset as usize + bytes.len();
        if self.bytes.len() < range.end {
            self.bytes.resize(range.end, 0);
        }
        self.bytes[range].copy_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, offset: u64, into: &mut [u8]) -> Result<(), StoreFault> {
        let range = offset as usize..offset as usize + into.len();
        let there = self.bytes.get(range);
        let lacking = || StoreFault::Other("it is not there".into());
        into.copy_from_slice(there.ok_or_else(lacking)?);
        Ok(())
    }

    fn keep(&mut self, journal: &Journal) -> Result<(), StoreFault> {
        self.journal = Some(journal.clone());
        Ok(())
    }

    fn discard(&mut self) {
        *self = MemoryStore::default();
    }
}
