//! Files at addresses of their own. Only the responses to requests tell whether they are there and
//! how long they are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use hub::{
    Access, AtAddress, Body, Download, FileRequest, FileResponse, Journal, RequestFault,
    Store, Transport, Validators, WantedFile, open, read_small, run,
};
use protocol::Failure;

use super::address_failure::{network, of_download, of_store, web_page};
use super::network::{FetchBody, FetchTransport};
use super::{CONNECTIONS, DownloadProgress, FileStore};

/// No file beside the weights is longer, in bytes.
const LARGEST_SMALL: usize = 256 << 20;
/// So many answers wait to be read while others are asked for. A browser has six connections to
/// a host where each carries one answer at a time.
const MOST_WAITING: usize = 4;

/// The files at the addresses of one load.
pub(crate) struct AddressFiles<'a> {
    transport: OpenedTransport<'a>,
    access: Access,
    progress: &'a DownloadProgress,
    found: RefCell<Vec<(String, Validators)>>,
}

/// A file of weights, as far as its host says what it is.
#[derive(Clone, Debug)]
pub(crate) struct AddressFile {
    pub(crate) url: String,
    /// In bytes; none if the host does not say it.
    pub(crate) size: Option<u64>,
    pub(crate) validators: Validators,
}

impl AddressFile {
    /// Its journal, if nothing of it is there; none if its size is not known.
    pub(crate) fn journal(&self) -> Option<Journal> {
        self.size.map(|size| Journal::new(size, self.validators.clone()))
    }
}

impl<'a> AddressFiles<'a> {
    /// Files on the host of an address.
    pub(crate) fn new(
        network: FetchTransport<'a>,
        url: &str,
        progress: &'a DownloadProgress,
    ) -> Self {
        let transport = OpenedTransport { network, opened: RefCell::default() };
        let access = Access::to_host_of(url);
        AddressFiles { transport, access, progress, found: RefCell::default() }
    }

    /// What was said of the files that were found, by their addresses.
    pub(crate) fn found(&self) -> Vec<(String, Validators)> {
        self.found.borrow().clone()
    }

    /// A small file, or none if there is no such file.
    pub(crate) async fn small(&self, url: &str) -> Result<Option<Vec<u8>>, Failure> {
        let expected = Cell::new(None);
        let tell = |bytes, size: Option<u64>| {
            if expected.replace(size).is_none() {
                self.progress.expect(size.unwrap_or(0));
            }
            self.progress.add(bytes);
        };
        let (transport, access) = (&self.transport.network, &self.access);
        let read = read_small(transport, access, url, LARGEST_SMALL, &tell).await;
        match read.map_err(|error| of_download(error, url))? {
            AtAddress::File(None) => {
                Err(network(url, "it is far larger than such a file can be"))
            }
            AtAddress::File(Some((bytes, validators))) => {
                if expected.get().is_none() {
                    self.progress.expect(bytes.len() as u64);
                }
                self.found.borrow_mut().push((url.to_owned(), validators));
                Ok(Some(bytes))
            }
            AtAddress::Nothing | AtAddress::WebPage => Ok(None),
        }
    }

    /// A file of weights. Its bytes are not read yet.
    pub(crate) async fn weights(&self, url: &str) -> Result<AddressFile, Failure> {
        match self.open(url).await? {
            AtAddress::File(file) => Ok(file),
            AtAddress::Nothing => Err(network(url, "there is no such file")),
            AtAddress::WebPage => Err(web_page(url)),
        }
    }

    /// A file of weights, or none if there is no such file.
    pub(crate) async fn optional_weights(
        &self,
        url: &str,
    ) -> Result<Option<AddressFile>, Failure> {
        match self.open(url).await? {
            AtAddress::File(file) => Ok(Some(file)),
            AtAddress::Nothing | AtAddress::WebPage => Ok(None),
        }
    }

    async fn open(&self, url: &str) -> Result<AtAddress<AddressFile>, Failure> {
        let opened = open(&self.transport.network, &self.access, url).await;
        let answer = match opened.map_err(|error| of_download(error, url))? {
            AtAddress::File(answer) => answer,
            AtAddress::Nothing => return Ok(AtAddress::Nothing),
            AtAddress::WebPage => return Ok(AtAddress::WebPage),
        };
        let (size, validators) = (answer.file.size, answer.validators(0));
        self.found.borrow_mut().push((url.to_owned(), validators.clone()));
        self.transport.keep(url, answer);
        Ok(AtAddress::File(AddressFile { url: url.to_owned(), size, validators }))
    }

    /// Downloads what is missing of files of weights into their stores. A file without a journal
    /// is one of unknown size.
    pub(crate) async fn fetch(
        &self,
        files: Vec<(AddressFile, FileStore, Option<Journal>)>,
    ) -> Result<Vec<model_files::BoxedFile>, Failure> {
        let (mut wanted, mut stores) = (Vec::new(), Vec::new());
        for (file, mut store, journal) in files {
            let journal = match journal {
                Some(journal) => journal,
                None => self.copy(&file, &mut store).await?,
            };
            let AddressFile { url, .. } = file;
            wanted.push((WantedFile { name: url.clone(), url }, journal));
            stores.push(store);
        }
        let mut download = Download::new(wanted, CONNECTIONS);
        let urls: Vec<String> =
            (0..stores.len()).map(|file| download.item(file).url.clone()).collect();
        let first = urls.first().map_or("", String::as_str);
        let tell = self.progress.of_download(&download);
        let (transport, access) = (&self.transport, &self.access);
        let ran = run(&mut download, &mut stores, transport, access, first, &tell).await;
        ran.map_err(|error| of_download(error, first))?;
        self.progress.notice();
        let files = stores.into_iter().zip(&urls);
        let file = |(store, url): (FileStore, &String)| {
            store.into_file().map_err(|fault| of_store(fault, url))
        };
        files.map(file).collect()
    }

    /// Fetches a file of unknown size; its journal, now that all of it is there. It cannot go on
    /// where it was: nothing tells where it ends.
    async fn copy(
        &self,
        file: &AddressFile,
        store: &mut FileStore,
    ) -> Result<Journal, Failure> {
        let AddressFile { url, validators, .. } = file;
        let failed = |fault: RequestFault| network(url, &fault.words());
        let request = FileRequest { url: url.clone(), range: None, credential: None };
        let mut answer = self.transport.get(&request).await.map_err(failed)?;
        if answer.status != 200 {
            return Err(network(url, &format!("the server answered {}", answer.status)));
        }
        let mut size = 0;
        while let Some(part) = answer.body.next().await.map_err(failed)? {
            store.write(size, &part).map_err(|fault| of_store(fault, url))?;
            size += part.len() as u64;
            self.progress.add(part.len() as i64);
        }
        // It is counted with the download that it is a finished part of.
        self.progress.add(-(size as i64));
        let mut journal = Journal::new(size, validators.clone());
        journal.finish_first(size);
        Ok(journal)
    }
}

/// The network, with the answers that were opened to see whether a file is there: the first
/// request for it is answered by them.
struct OpenedTransport<'a> {
    network: FetchTransport<'a>,
    opened: RefCell<HashMap<String, FileResponse<FetchBody>>>,
}

impl OpenedTransport<'_> {
    /// Keeps an answer. Where too many wait, it is dropped, and its file asked for again.
    fn keep(&self, url: &str, answer: FileResponse<FetchBody>) {
        let mut opened = self.opened.borrow_mut();
        if opened.len() < MOST_WAITING {
            opened.insert(url.to_owned(), answer);
        }
    }
}

impl Transport for OpenedTransport<'_> {
    type Body = FetchBody;

    async fn get(
        &self,
        request: &FileRequest,
    ) -> Result<FileResponse<FetchBody>, RequestFault> {
        let opened = match request.range {
            None => self.opened.borrow_mut().remove(&request.url),
            Some(_) => None,
        };
        match opened {
            Some(answer) => Ok(answer),
            None => self.network.get(request).await,
        }
    }

    async fn sleep(&self, ms: f64) {
        self.network.sleep(ms).await;
    }

    fn now_ms(&self) -> f64 {
        self.network.now_ms()
    }

    fn random(&self) -> f64 {
        self.network.random()
    }
}
