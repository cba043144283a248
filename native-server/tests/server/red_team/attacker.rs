//! Short ways to ask what should be refused.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Method;
use native_server::ServerLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{Answer, Fixture, request};

pub(crate) async fn get(
    fixture: &Fixture,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    fixture.send(request(Method::GET, path, headers, "")).await
}

/// Limits under which a connection is closed soon after its last request.
pub(crate) fn closing_soon() -> ServerLimits {
    ServerLimits { head_timeout: Duration::from_millis(500), ..ServerLimits::default() }
}

/// All that comes back to some bytes, until the server closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read all.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("it is closed").ok();
    String::from_utf8_lossy(&answer).into_owned()
}
