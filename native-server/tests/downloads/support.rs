//! What the tests of downloads share.

use hub::{FileRequest, FileResponse, RequestFault, Transport};
use native_server::HttpTransport;

/// So many times faster do waits pass.
const HURRY: f64 = 50.0;

/// The server's own network with a clock that runs fast, so that tests need not sit out
/// the waits after faults.
pub(crate) struct Hurried(HttpTransport);

impl Hurried {
    pub(crate) fn new() -> Hurried {
        Hurried(HttpTransport::new().unwrap())
    }
}

impl Transport for Hurried {
    type Body = <HttpTransport as Transport>::Body;

    async fn get(
        &self,
        question: &FileRequest,
    ) -> Result<FileResponse<Self::Body>, RequestFault> {
        self.0.get(question).await
    }

    async fn sleep(&self, ms: f64) {
        self.0.sleep(ms / HURRY).await;
    }

    fn now_ms(&self) -> f64 {
        self.0.now_ms() * HURRY
    }

    fn random(&self) -> f64 {
        self.0.random()
    }
}
