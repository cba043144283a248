//! Faults that a server meets: connections that are cut in the middle, clients that are slow
//! or do not read, and a disk without room for a download.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use protocol::{Command, SamplerSettings};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::disk::{BIG_MODEL, BIG_MODEL_BYTES};
use super::random::Random;
use super::tally::Tally;
use crate::web::{connect, post, send};

/// How long a server may go on reading a request head that does not end. Its limit is 30
/// seconds.
const MAX_HEAD_TIME: Duration = Duration::from_secs(60);
/// How long a client reads nothing of what it asked for.
const UNREAD_TIME: Duration = Duration::from_secs(5);

/// Connections that end in the middle of a stream, a frame or a reply, until `end`.
pub(super) async fn cut(
    address: SocketAddr,
    mut random: Random,
    end: Instant,
    tally: Arc<Tally>,
) {
    while Instant::now() < end {
        let result = match random.below(3) {
            0 => stream_is_cut(address, &mut random).await,
            1 => frame_is_cut(address, &mut random).await,
            _ => page_does_not_read(address, end).await,
        };
        note(result, &tally);
        tokio::time::sleep(Duration::from_millis(20 + random.below(200))).await;
    }
}

/// Clients that send a request head byte by byte, until `end`; the server has to close them.
pub(super) async fn slow(address: SocketAddr, end: Instant, tally: Arc<Tally>) {
    while Instant::now() < end {
        note(head_without_end(address, end).await, &tally);
    }
}

/// Requests a model for which the server's disk has no room, until `end`.
pub(super) async fn full_disk(address: SocketAddr, end: Instant, tally: Arc<Tally>) {
    while Instant::now() < end {
        note(download_without_room(address).await, &tally);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn note(result: Result<()>, tally: &Tally) {
    match result {
        Ok(()) => tally.fault(),
        Err(error) => tally.failure(format!("fault: {error:#}")),
    }
}

async fn stream_is_cut(address: SocketAddr, random: &mut Random) -> Result<()> {
    let body = json!({ "text": random.words(20), "max_new_tokens": 200 }).to_string();
    let mut stream = post(address, "/api/generate", &body).await?;
    let mut some = vec![0; 1 + random.below(4000) as usize];
    stream.read_exact(&mut some).await?;
    // What has arrived and was not read makes the system reset the connection.
    Ok(())
}

async fn frame_is_cut(address: SocketAddr, random: &mut Random) -> Result<()> {
    let handshake = "GET /api/ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
                     upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(handshake.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    if !status.ends_with(b"101") {
        bail!("a page got no connection: {}", String::from_utf8_lossy(&status));
    }
    // A masked text of 100 bytes, of which fewer come.
    let mut frame = vec![0x81, 0x80 | 100, 1, 2, 3, 4];
    frame.resize(6 + random.below(100) as usize, b'a');
    stream.write_all(&frame).await?;
    Ok(())
}

async fn page_does_not_read(address: SocketAddr, end: Instant) -> Result<()> {
    let mut socket = connect(address).await?;
    for id in 0..8 {
        let settings = SamplerSettings { seed: id, ..SamplerSettings::default() };
        let (ids, max_new_tokens) = (vec![50 + id], 200);
        let command = Command::Generate { ids, settings, max_new_tokens, candidates: 50 };
        send(&mut socket, id, command).await?;
    }
    let until = end.min(Instant::now() + UNREAD_TIME);
    tokio::time::sleep_until(until.into()).await;
    Ok(())
}

async fn head_without_end(address: SocketAddr, end: Instant) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ").await?;
    let start = Instant::now();
    while Instant::now() < end {
        let mut told = [0; 64];
        let waited = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut told));
        match waited.await {
            // The server refused, or closed the connection.
            Ok(_) => return Ok(()),
            Err(_) if start.elapsed() > MAX_HEAD_TIME => {
                bail!("the server reads a head that does not end for ever")
            }
            // The server may have closed just now; the next read says so.
            Err(_) => drop(stream.write_all(b"a").await),
        }
    }
    Ok(())
}

async fn download_without_room(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /hub/{BIG_MODEL}/resolve/main/model.gguf HTTP/1.1\r\nhost: localhost\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // If a file cannot be sent to its end, the connection ends before.
    let whole = stream.read_to_end(&mut answer).await.is_ok();
    let head = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
    if head.is_empty() && whole {
        bail!("a download was not answered");
    }
    if head.ends_with("200") && answer.len() > BIG_MODEL_BYTES {
        bail!("a file came for which there is no room");
    }
    Ok(())
}
