//! Connections that are slow, broken, or very many; over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use native_server::ServerLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::Fixture;

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server with other limits than usual.
pub(crate) async fn start(limits: ServerLimits) -> (SocketAddr, Fixture) {
    let fixture = Fixture::new().await;
    let state = fixture.with_limits(limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(native_server::serve(listener, state, std::future::pending()));
    (address, fixture)
}

/// What comes back to some bytes until the server closes, or says no more for a while.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read all.
    stream.write_all(bytes).await.ok();
    stream.shutdown().await.ok();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("it is closed").ok();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) async fn is_well(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(HEALTH).await.unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn requests_that_do_not_get_on_are_cut_off() {
    let short = Duration::from_millis(300);
    let limits = ServerLimits {
        head_timeout: short,
        body_timeout: short,
        ..ServerLimits::default()
    };
    let (address, _fixture) = start(limits).await;
    // Slow-loris: a head, or the gap between two requests, that does not end.
    for head in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: localhost\r\nx: "] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let read = stream.read_to_end(&mut rest);
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("cut off").ok();
    }
    let body =
        "POST /api/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{\"te";
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok();
    assert!(rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
    is_well(address).await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_server_goes_on() {
    let (address, _fixture) = start(ServerLimits::default()).await;
    let long =
        format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(1 << 20));
    let many: String = (0..5000).map(|i| format!("x{i}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n");
    let huge = "POST /api/score HTTP/1.1\r\nhost: localhost\r\n\
                content-length: 99999999999\r\n\r\n{}";
    let negative =
        "POST /api/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n{}";
    let chunks = "POST /api/score HTTP/1.1\r\nhost: localhost\r\n\
                  transfer-encoding: chunked\r\n\r\nZZZ\r\n";
    let cut =
        "POST /api/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: 40\r\n\r\n{\"t";
    let dots = "GET /../../../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\
                connection: close\r\n\r\n";
    let encoded = "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: localhost\r\n\
                   connection: close\r\n\r\n";
    let junk = "\u{16}\u{3}\u{1}\u{2}\u{0}";
    for bytes in
        [&long, &many, huge, negative, chunks, cut, dots, encoded, junk, "\r\n\r\n", "x"]
    {
        let answer = answer(address, bytes.as_bytes()).await;
        let status = answer.get(..12).unwrap_or_default();
        assert!(answer.is_empty() || status.starts_with("HTTP/1.1 4"), "{answer:.300}");
        assert!(!answer.contains("root:"));
    }
    is_well(address).await;
}

#[tokio::test]
async fn a_thousand_connections_are_held_and_served() {
    let (address, _fixture) = start(ServerLimits::default()).await;
    let mut streams = Vec::new();
    for _ in 0..1000 {
        streams.push(TcpStream::connect(address).await.unwrap());
    }
    is_well(address).await;
    for stream in &mut streams {
        stream.write_all(HEALTH).await.unwrap();
    }
    for stream in &mut streams {
        let mut start = [0; 15];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
    }
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait_for_their_turn() {
    let (address, _fixture) =
        start(ServerLimits { connections: 4, ..ServerLimits::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(HEALTH).await.unwrap();
        let mut start = [0; 15];
        stream.read_exact(&mut start).await.unwrap();
        streams.push(stream);
    }
    let waiting = tokio::spawn(is_well(address));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    drop(streams);
    waiting.await.unwrap();
}

#[tokio::test]
async fn who_asks_for_too_long_is_told_so() {
    let limits =
        ServerLimits { request_timeout: Duration::ZERO, ..ServerLimits::default() };
    let (address, _fixture) = start(limits).await;
    // So much to read that the answer cannot be there at once.
    let body = format!("{{\"text\":\"{}\"}}", "Hello ".repeat(600));
    let length = body.len();
    let request = format!(
        "POST /api/score HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("took longer"), "{answer}");
}

/// Limits under which one connection may be open, and a client must read soon.
fn one_that_reads() -> ServerLimits {
    let write_timeout = Duration::from_millis(500);
    ServerLimits { connections: 1, write_timeout, ..ServerLimits::default() }
}

/// More than the system buffers between two programs.
const LARGE: usize = 32 << 20;
const GET_LARGE: &[u8] = b"GET /large.js HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn a_client_that_never_reads_its_answer_loses_its_connection_to_another() {
    let (address, fixture) = start(one_that_reads()).await;
    fixture.add_file("large.js", &"a".repeat(LARGE));
    let mut deaf = TcpStream::connect(address).await.unwrap();
    deaf.write_all(GET_LARGE).await.unwrap();
    let other = tokio::time::timeout(Duration::from_secs(60), is_well(address));
    other.await.expect("the other one gets the only connection");
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_its_whole_answer() {
    let (address, fixture) = start(one_that_reads()).await;
    fixture.add_file("large.js", &"a".repeat(LARGE));
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(GET_LARGE).await.unwrap();
    let (mut part, mut read) = (vec![0; 2 << 20], 0);
    // More than the time for one write in all, and less between any two reads.
    while read < LARGE {
        read += slow.read(&mut part).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
