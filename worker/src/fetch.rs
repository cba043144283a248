//! Downloads with progress.

use js_sys::{Reflect, Uint8Array};
use model_files::ModelFile;
use protocol::{ErrorCode, Event, Failure, Phase, Progress, Reply, RequestId};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, DedicatedWorkerGlobalScope, ReadableStreamDefaultReader, RequestInit,
    Response,
};

use crate::fetched::Fetched;
use crate::models::Stamp;
use crate::post;

/// Progress is told at most this often.
const TELL_EVERY_MS: f64 = 100.0;

/// The downloads of one load.
pub(crate) struct Downloads<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
    signal: &'a AbortSignal,
    id: RequestId,
    done: u64,
    total: u64,
    started: f64,
    told: f64,
    seen: Vec<(String, Stamp)>,
}

/// A request that is under way. Several can be while one is waited for, so each is a future
/// from the start: a promise that is rejected before anyone waits for it ends the worker.
pub(crate) struct Download {
    url: String,
    response: JsFuture,
}

/// What an address answers with.
enum Found {
    File(Fetched),
    Nothing,
    /// A page for people, as hosts of single-page sites send for what they do not have.
    WebPage,
}

/// No file beside the weights is longer, in bytes.
const MOST_OF_SMALL: u64 = 256 << 20;

impl<'a> Downloads<'a> {
    pub(crate) fn new(
        scope: &'a DedicatedWorkerGlobalScope,
        signal: &'a AbortSignal,
        id: RequestId,
    ) -> Self {
        let started = js_sys::Date::now();
        let seen = Vec::new();
        Downloads { scope, signal, id, done: 0, total: 0, started, told: 0.0, seen }
    }

    /// What was said of the files that were found, by their addresses.
    pub(crate) fn seen(self) -> Vec<(String, Stamp)> {
        self.seen
    }

    /// Asks for a file; several can be under way.
    pub(crate) fn start(&self, url: &str) -> Download {
        let init = RequestInit::new();
        init.set_signal(Some(self.signal));
        let response = self.scope.fetch_with_str_and_init(url, &init);
        Download { url: url.into(), response: response.into() }
    }

    /// A file of weights.
    pub(crate) async fn finish(
        &mut self,
        download: Download,
    ) -> Result<Fetched, Failure> {
        let url = download.url.clone();
        match self.found(download).await? {
            Found::File(file) => Ok(file),
            Found::Nothing => Err(network(&url, "there is no such file")),
            Found::WebPage => Err(web_page(&url)),
        }
    }

    /// A small file, or none if there is no such file.
    pub(crate) async fn finish_small(
        &mut self,
        download: Download,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let url = download.url.clone();
        let Some(file) = self.finish_optional(download).await? else { return Ok(None) };
        if file.length() > MOST_OF_SMALL {
            return Err(network(&url, "it is far larger than such a file can be"));
        }
        file.to_bytes().map(Some)
    }

    /// A file, or none if there is no such file.
    pub(crate) async fn finish_optional(
        &mut self,
        download: Download,
    ) -> Result<Option<Fetched>, Failure> {
        match self.found(download).await? {
            Found::File(file) => Ok(Some(file)),
            Found::Nothing | Found::WebPage => Ok(None),
        }
    }

    async fn found(&mut self, download: Download) -> Result<Found, Failure> {
        let Download { url, response } = download;
        let failed = |error: JsValue| network(&url, &crate::describe(&error));
        let response: Response = response.await.map_err(failed)?.unchecked_into();
        match response.status() {
            // Some hosts answer 403 for what they do not have, as S3 does.
            403 | 404 | 410 => return Ok(Found::Nothing),
            _ if response.ok() => {}
            status => {
                return Err(network(&url, &format!("the server answered {status}")));
            }
        }
        let header = |name| response.headers().get(name).ok().flatten();
        if header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            return Ok(Found::WebPage);
        }
        // With a content encoding the length is that of the encoded bytes.
        let length = header("content-length")
            .filter(|_| header("content-encoding").is_none())
            .and_then(|length| length.parse::<u64>().ok());
        self.seen.push((url.clone(), Stamp::of(&response)));
        self.total = self.total.saturating_add(length.unwrap_or(0));
        self.read(&url, response, length).await.map(Found::File)
    }

    async fn read(
        &mut self,
        url: &str,
        response: Response,
        length: Option<u64>,
    ) -> Result<Fetched, Failure> {
        let failed = |error: JsValue| network(url, &crate::describe(&error));
        let mut file = Fetched::default();
        let Some(body) = response.body() else {
            return Ok(file);
        };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        loop {
            let part = JsFuture::from(reader.read()).await.map_err(failed)?;
            let field = |name: &str| Reflect::get(&part, &name.into()).map_err(failed);
            if field("done")?.is_truthy() {
                break;
            }
            let piece: Uint8Array = field("value")?.unchecked_into();
            self.done += u64::from(piece.length());
            file.push(self.scope, piece).await;
            self.tell();
        }
        match length {
            Some(length) if length != file.length() => Err(network(
                url,
                &format!(
                    "the connection ended after {} of {length} bytes",
                    file.length()
                ),
            )),
            _ => Ok(file),
        }
    }

    fn tell(&mut self) {
        let now = js_sys::Date::now();
        if now - self.told < TELL_EVERY_MS && self.done < self.total {
            return;
        }
        self.told = now;
        let speed = self.done as f64 / ((now - self.started) / 1000.0);
        let progress = Progress {
            phase: Phase::Download,
            done: self.done,
            total: (self.total >= self.done).then_some(self.total),
            per_second: speed.is_finite().then_some(speed as f32),
        };
        post::reply(Reply { id: self.id, event: Event::Progress(progress) });
    }
}

fn network(url: &str, reason: &str) -> Failure {
    Failure {
        code: ErrorCode::Network,
        message: format!("{url} could not be fetched: {reason}."),
        hint: Some("Check the address and the connection, then try again.".into()),
    }
}

fn web_page(url: &str) -> Failure {
    Failure {
        code: ErrorCode::InvalidModelFile,
        message: format!("{url} answers with a web page, not with a model’s file."),
        hint: Some(
            "Give the address of the file itself: the one behind the page’s download link."
                .into(),
        ),
    }
}
