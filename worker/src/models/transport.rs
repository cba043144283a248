//! The network and the clock of a Web Worker.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use hub::{Answer, Body, Fault, Question, Transport};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, ReadableStreamDefaultReader,
    RequestCache, RequestInit, Response,
};

/// A host that has not begun to answer by then is tried again.
const ANSWER_MS: u32 = 20_000;

/// `fetch`.
pub(super) struct FetchTransport<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
}

/// The bytes of an answer; dropping it ends the request.
pub(super) struct FetchBody {
    reader: Option<ReadableStreamDefaultReader>,
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
    pub(super) fn new(scope: &'a DedicatedWorkerGlobalScope) -> Self {
        FetchTransport { scope }
    }
}

impl Transport for FetchTransport<'_> {
    type Body = FetchBody;

    async fn get(&self, question: &Question) -> Result<Answer<FetchBody>, Fault> {
        let failed = |error: JsValue| Fault::Unreachable(crate::describe(&error));
        let request = Abort(AbortController::new().map_err(failed)?);
        let init = RequestInit::new();
        init.set_signal(Some(&request.0.signal()));
        // What is kept is kept in storage; a second copy would count twice.
        init.set_cache(RequestCache::NoStore);
        let headers = js_sys::Object::new();
        let put = |name: &str, value: String| {
            Reflect::set(&headers, &name.into(), &value.into()).map_err(failed)
        };
        if let Some(range) = &question.range {
            let last = range.end.saturating_sub(1);
            put("range", format!("bytes={}-{last}", range.start))?;
        }
        if let Some(secret) = question.secret(&question.url) {
            // The browser leaves it out when it follows a redirect to another origin.
            put("authorization", secret.bearer())?;
        }
        init.set_headers(&headers);
        let asked = self.scope.fetch_with_str_and_init(&question.url, &init);
        let asked = pin!(JsFuture::from(asked));
        let answer: Response = match select(asked, TimeoutFuture::new(ANSWER_MS)).await {
            Either::Left((answer, _)) => answer.map_err(failed)?.unchecked_into(),
            Either::Right(_) => {
                let reason = format!("no answer within {} seconds", ANSWER_MS / 1000);
                return Err(Fault::Unreachable(reason));
            }
        };
        let header = |name: &str| match name {
            // The browser has undone it; what comes has another length.
            "content-encoding" => None,
            "content-length" if encoded(&answer) => None,
            name => answer.headers().get(name).ok().flatten(),
        };
        let reader = answer.body().map(|body| body.get_reader().unchecked_into());
        let body = FetchBody { reader, _request: request };
        Ok(Answer::read(answer.status(), &answer.url(), header, body))
    }

    async fn sleep(&self, ms: f64) {
        let ms = ms.clamp(0.0, f64::from(i32::MAX)) as u32;
        TimeoutFuture::new(ms).await;
    }

    fn now_ms(&self) -> f64 {
        self.scope.performance().map_or_else(js_sys::Date::now, |clock| clock.now())
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }
}

/// Whether an answer came in an encoding, as far as may be read.
fn encoded(answer: &Response) -> bool {
    answer.headers().has("content-encoding").unwrap_or(false)
}

impl Body for FetchBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let part = JsFuture::from(reader.read()).await.map_err(|_| Fault::Cut)?;
        let field = |name: &str| Reflect::get(&part, &name.into());
        if field("done").map_err(|_| Fault::Cut)?.is_truthy() {
            return Ok(None);
        }
        let bytes: Uint8Array = field("value").map_err(|_| Fault::Cut)?.unchecked_into();
        Ok(Some(bytes.to_vec()))
    }
}
