//! One request of a download, and its response, which is read chunk by chunk.

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::{Either, select};

use crate::{
    Access, Body, Download, FileIdentity, FileRequest, FileResponse, Journal, Piece,
    RequestFault, Transport,
};

/// A connection on which nothing comes for so long is given up.
const STALL_MS: f64 = 30_000.0;

/// Counts the bytes that are there, of all files.
pub(crate) struct ByteCounter<'a> {
    pub(crate) done: Cell<u64>,
    pub(crate) tell: &'a dyn Fn(u64),
}

impl ByteCounter<'_> {
    /// Counts bytes that came, or that have to come again.
    pub(crate) fn add(&self, bytes: i64) {
        self.done.set(self.done.get().saturating_add_signed(bytes));
        (self.tell)(self.done.get());
    }
}

/// A request that is under way; gives one chunk at a time.
pub(crate) struct PieceTransfer<B> {
    pub(crate) piece: Piece,
    url: String,
    size: u64,
    journal: Journal,
    body: Option<B>,
    /// What has come of the chunk, and where in the file it ends.
    pub(crate) bytes: Vec<u8>,
    pub(crate) at: u64,
    /// What came with it of the chunks that follow.
    rest: Vec<u8>,
    /// Where in the file the request ends.
    pub(crate) until: u64,
    /// The host sends the whole file.
    pub(crate) whole: bool,
    /// Whether anything came.
    pub(crate) came: bool,
    pub(crate) round: u32,
}

impl<B> PieceTransfer<B> {
    /// A request for a piece.
    pub(crate) fn new(
        download: &Download,
        mut piece: Piece,
        round: u32,
    ) -> PieceTransfer<B> {
        let file = piece.file;
        let item = download.item(file);
        PieceTransfer {
            bytes: std::mem::take(&mut piece.held),
            at: piece.range.start,
            until: piece.range.end,
            whole: piece.whole,
            piece,
            url: item.url.clone(),
            size: download.journal(file).size(),
            journal: download.journal(file).clone(),
            body: None,
            rest: Vec::new(),
            came: false,
            round,
        }
    }

    /// Where in the file the bytes at hand begin.
    pub(crate) fn start(&self) -> u64 {
        self.at - self.bytes.len() as u64
    }

    /// How many of the bytes at hand the counter has counted.
    pub(crate) fn counted(&self) -> u64 {
        let finished = self.journal.is_finished(self.journal.chunk_at(self.start()));
        if finished { 0 } else { self.bytes.len() as u64 }
    }

    fn request(&self, access: &Access) -> FileRequest {
        let all = self.piece.whole || self.piece.range == (0..self.size);
        FileRequest {
            url: self.url.clone(),
            range: (!all).then(|| self.piece.range.clone()),
            credential: access.credential.clone(),
        }
    }
}

impl<B: Body> PieceTransfer<B> {
    /// Reads on to the end of the chunk.
    pub(crate) async fn advance<T: Transport<Body = B>>(
        mut self,
        transport: &T,
        access: &Access,
        counter: &ByteCounter<'_>,
    ) -> (Self, Result<(), RequestFault>) {
        let step = self.chunk(transport, access, counter).await;
        (self, step)
    }

    async fn chunk<T: Transport<Body = B>>(
        &mut self,
        transport: &T,
        access: &Access,
        counter: &ByteCounter<'_>,
    ) -> Result<(), RequestFault> {
        let mut body = match self.body.take() {
            Some(body) => body,
            None => {
                let request = self.request(access);
                let answer = patient(transport.get(&request), transport).await?;
                self.heard(answer, request.range.is_some())?
            }
        };
        let chunk = self.journal.chunk_at(self.at);
        let end = self.journal.chunk(chunk).end.min(self.until);
        let wanted = !self.journal.is_finished(chunk);
        // All at once: to let it grow would take up to three times the memory.
        self.bytes.reserve_exact((end - self.at) as usize);
        while self.at < end {
            if self.rest.is_empty() {
                // Freed before there is another.
                self.rest = Vec::new();
                self.rest =
                    patient(body.next(), transport).await?.ok_or(RequestFault::Cut)?;
                self.came |= !self.rest.is_empty();
            }
            let room = (end - self.at) as usize;
            let taken = self.rest.len().min(room);
            self.bytes.extend(self.rest.drain(..taken));
            self.at += taken as u64;
            if wanted {
                counter.add(taken as i64);
            }
        }
        if self.at == self.size && self.journal.digest().is_none() && wanted {
            self.check_end(&mut body, transport).await?;
        }
        self.body = Some(body);
        Ok(())
    }

    /// Makes sure that the body ends with the file: there is no hash that would tell.
    async fn check_end(
        &self,
        body: &mut B,
        transport: &impl Transport,
    ) -> Result<(), RequestFault> {
        let is_longer = !self.rest.is_empty()
            || matches!(patient(body.next(), transport).await, Ok(Some(more)) if !more.is_empty());
        if is_longer { Err(RequestFault::Changed) } else { Ok(()) }
    }

    /// Checks the head of a response. The request was for a part if `ranged`.
    fn heard(
        &mut self,
        answer: FileResponse<B>,
        ranged: bool,
    ) -> Result<B, RequestFault> {
        answer.check()?;
        // Some hosts call every file a page; the right length tells it from one.
        if answer.file.is_page && answer.size() != Some(self.size) {
            return Err(RequestFault::Page);
        }
        match (ranged, answer.status) {
            // A part of what is encoded is no part of the file.
            (true, 206) if answer.encoded => return Err(RequestFault::NoRanges),
            (true, 206) if answer.start().is_some_and(|start| start != self.at) => {
                return Err(RequestFault::WrongRange);
            }
            (true, 206) | (false, 200) => {}
            (true, _) if self.at > 0 => return Err(RequestFault::NoRanges),
            (true, _) => {
                self.whole = true;
                self.until = self.size;
            }
            (false, _) => return Err(RequestFault::WrongRange),
        }
        let start = if self.whole { 0 } else { self.at };
        if let FileIdentity::Validators(known) = self.journal.identity()
            && known.contradict(&answer.validators(start))
        {
            return Err(RequestFault::Changed);
        }
        Ok(answer.body)
    }
}

/// Waits for the network, but not for ever.
async fn patient<R>(
    what: impl Future<Output = Result<R, RequestFault>>,
    transport: &impl Transport,
) -> Result<R, RequestFault> {
    match select(pin!(what), pin!(transport.sleep(STALL_MS))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(RequestFault::Stalled),
    }
}
