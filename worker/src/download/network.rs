//! The network and the clock of a Web Worker.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use hub::{Body, FileRequest, FileResponse, RequestFault, Transport, Validators};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, ReadableStreamDefaultReader,
    RequestCache, RequestInit, Response,
};

use crate::clock::monotonic_ms;
use crate::js_error::describe;

/// Bytes that are copied into WebAssembly's memory at once: it never shrinks, and a browser may
/// give some megabytes in one piece.
const AT_ONCE: u32 = 256 << 10;
/// A host that has not begun to answer by then is tried again.
const ANSWER_MS: u32 = 20_000;

/// `fetch`.
pub(crate) struct FetchTransport<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
    cache: RequestCache,
}

/// The bytes of an answer; dropping it ends the request.
pub(crate) struct FetchBody {
    reader: Option<ReadableStreamDefaultReader>,
    /// What came and was not copied yet.
    pending: Option<Uint8Array>,
    _request: Abort,
}

/// Ends its request when it is dropped.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<'a> FetchTransport<'a> {
    /// For files that are kept in storage: a second copy, in the browser's cache, would count
    /// twice.
    pub(crate) fn new(scope: &'a DedicatedWorkerGlobalScope) -> Self {
        FetchTransport { scope, cache: RequestCache::NoStore }
    }

    /// For files of the site itself, which the browser's cache and the service worker keep.
    pub(crate) fn of_site(scope: &'a DedicatedWorkerGlobalScope) -> Self {
        FetchTransport { scope, cache: RequestCache::Default }
    }

    /// What the host of a file says of it now; none if it does not answer with success.
    pub(crate) async fn validators_at(&self, url: &str) -> Option<Validators> {
        let init = RequestInit::new();
        init.set_method("HEAD");
        init.set_cache(RequestCache::NoCache);
        let answer = self.answer(url, &init).await.ok()?;
        (answer.status == 200).then(|| answer.validators(0))
    }

    /// Makes a request. Dropping the future, or the body, ends it.
    async fn answer(
        &self,
        url: &str,
        init: &RequestInit,
    ) -> Result<FileResponse<FetchBody>, RequestFault> {
        let request = Abort(AbortController::new().map_err(unreachable)?);
        init.set_signal(Some(&request.0.signal()));
        let asked = pin!(JsFuture::from(self.scope.fetch_with_str_and_init(url, init)));
        let answer: Response = match select(asked, TimeoutFuture::new(ANSWER_MS)).await {
            Either::Left((answer, _)) => answer.map_err(unreachable)?.unchecked_into(),
            Either::Right(_) => {
                let reason = format!("no answer within {} seconds", ANSWER_MS / 1000);
                return Err(RequestFault::Unreachable(reason));
            }
        };
        let header = |name: &str| match name {
            // The browser has undone it; what comes has another length.
            "content-encoding" => None,
            "content-length" if is_encoded(&answer) => None,
            name => answer.headers().get(name).ok().flatten(),
        };
        let reader = answer.body().map(|body| body.get_reader().unchecked_into());
        let body = FetchBody { reader, pending: None, _request: request };
        Ok(FileResponse::read(answer.status(), &answer.url(), header, body))
    }
}

impl Transport for FetchTransport<'_> {
    type Body = FetchBody;

    async fn get(
        &self,
        request: &FileRequest,
    ) -> Result<FileResponse<FetchBody>, RequestFault> {
        let init = RequestInit::new();
        init.set_cache(self.cache);
        let headers = js_sys::Object::new();
        let put = |name: &str, value: String| {
            Reflect::set(&headers, &name.into(), &value.into()).map_err(unreachable)
        };
        if let Some(range) = &request.range {
            let last = range.end.saturating_sub(1);
            put("range", format!("bytes={}-{last}", range.start))?;
        }
        if let Some(secret) = request.secret(&request.url) {
            // The browser leaves it out when it follows a redirect to another origin.
            put("authorization", secret.bearer())?;
        }
        init.set_headers(&headers);
        self.answer(&request.url, &init).await
    }

    async fn sleep(&self, ms: f64) {
        let ms = ms.clamp(0.0, f64::from(i32::MAX)) as u32;
        TimeoutFuture::new(ms).await;
    }

    fn now_ms(&self) -> f64 {
        monotonic_ms()
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }
}

fn unreachable(error: JsValue) -> RequestFault {
    RequestFault::Unreachable(describe(&error))
}

/// Whether an answer came in an encoding, as far as may be read.
fn is_encoded(answer: &Response) -> bool {
    answer.headers().has("content-encoding").unwrap_or(false)
}

impl Body for FetchBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RequestFault> {
        let bytes = match self.pending.take() {
            Some(bytes) => bytes,
            None => match self.read().await? {
                Some(bytes) => bytes,
                None => return Ok(None),
            },
        };
        let length = bytes.length();
        if length <= AT_ONCE {
            return Ok(Some(bytes.to_vec()));
        }
        self.pending = Some(bytes.subarray(AT_ONCE, length));
        Ok(Some(bytes.subarray(0, AT_ONCE).to_vec()))
    }
}

impl FetchBody {
    /// The next piece, as the browser gives it.
    async fn read(&self) -> Result<Option<Uint8Array>, RequestFault> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let part = JsFuture::from(reader.read()).await.map_err(|_| RequestFault::Cut)?;
        let field =
            |name: &str| Reflect::get(&part, &name.into()).map_err(|_| RequestFault::Cut);
        if field("done")?.is_truthy() {
            return Ok(None);
        }
        Ok(Some(field("value")?.unchecked_into()))
    }
}
