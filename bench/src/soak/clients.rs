//! Programs that use the API over HTTP, correctly or not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::random::Random;
use super::tally::Tally;
use crate::web::{answer, post};

/// Scripts until `end`.
pub(super) async fn scripts(
    address: SocketAddr,
    mut random: Random,
    end: Instant,
    tally: Arc<Tally>,
) {
    while Instant::now() < end {
        let text = random.words(40);
        let count = 1 + random.below(80);
        let (path, body) = match random.below(7) {
            0 => ("/api/tokenize", json!({ "text": text })),
            1 => ("/api/score", json!({ "text": text })),
            5 => ("/api/verify", json!({ "text": text })),
            2 => ("/api/next-token", json!({ "text": text, "top_k": 10 })),
            3 => ("/api/generate", json!({ "text": text, "max_new_tokens": count })),
            4 => {
                let messages = json!([{ "role": "user", "content": text }]);
                ("/api/chat", json!({ "messages": messages, "max_new_tokens": count }))
            }
            _ => ("/api/distribution", json!({ "text": text, "candidates": 20 })),
        };
        note(ask(address, path, &body, &mut random, &tally).await, path, &tally).await;
    }
}

/// Clients of OpenAI's API until `end`.
pub(super) async fn openai(
    address: SocketAddr,
    mut random: Random,
    end: Instant,
    tally: Arc<Tally>,
) {
    while Instant::now() < end {
        let text = random.words(40);
        let stream = !random.once_in(3);
        let count = 1 + random.below(80);
        let (path, mut body) = match random.below(2) {
            0 => ("/v1/completions", json!({ "prompt": text, "logprobs": 5 })),
            _ => {
                let messages = json!([{ "role": "user", "content": text }]);
                ("/v1/chat/completions", json!({ "messages": messages, "n": 2 }))
            }
        };
        body["stream"] = stream.into();
        body["max_tokens"] = count.into();
        body["stop"] = json!([" the end"]);
        note(ask(address, path, &body, &mut random, &tally).await, path, &tally).await;
    }
}

/// Sends a request, and sometimes leaves before or in the middle of the answer.
async fn ask(
    address: SocketAddr,
    path: &str,
    body: &Value,
    random: &mut Random,
    tally: &Tally,
) -> Result<()> {
    let mut stream = post(address, path, &body.to_string()).await?;
    if random.once_in(6) {
        tally.gone();
        return Ok(());
    }
    if random.once_in(6) {
        let mut some = vec![0; 1 + random.below(2000) as usize];
        // The answer may end before.
        let _ = stream.read(&mut some).await;
        tally.gone();
        return Ok(());
    }
    match answer(stream).await? {
        (200, body) if body.contains("\"error\"") => bail!("{body}"),
        (200, _) => tally.answer(),
        (503, body) if body.contains("waiting") => {
            tally.busy();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        (status, body) => bail!("status {status}: {body}"),
    }
    Ok(())
}

async fn note(result: Result<()>, path: &str, tally: &Tally) {
    if let Err(error) = result {
        tally.failure(format!("{path}: {error:#}"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Clients that send wrong requests, until `end`: these must be refused.
pub(super) async fn rude(
    address: SocketAddr,
    mut random: Random,
    end: Instant,
    tally: Arc<Tally>,
) {
    while Instant::now() < end {
        let pause = 50 + random.below(200);
        let result = match random.below(5) {
            0 => {
                let body = random.words(5);
                refused(address, "/api/score", &body, &[400]).await
            }
            1 => {
                let body = json!({ "text": "a", "candidates": 1_000_000 }).to_string();
                refused(address, "/api/distribution", &body, &[400]).await
            }
            2 => {
                let body = json!({ "messages": [], "tools": [1] }).to_string();
                refused(address, "/v1/chat/completions", &body, &[400]).await
            }
            3 => refused(address, "/api/nothing", "{}", &[404]).await,
            // Sends half a request, then closes the connection.
            _ => half(address, &mut random).await,
        };
        match result {
            Ok(()) => tally.answer(),
            Err(error) => tally.failure(format!("rude: {error:#}")),
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

async fn refused(
    address: SocketAddr,
    path: &str,
    body: &str,
    expected: &[u16],
) -> Result<()> {
    match answer(post(address, path, body).await?).await? {
        (status, _) if expected.contains(&status) => Ok(()),
        (status, body) => bail!("{path} gave {status}: {body}"),
    }
}

async fn half(address: SocketAddr, random: &mut Random) -> Result<()> {
    let whole =
        b"POST /api/score HTTP/1.1\r\nhost: localhost\r\ncontent-length: 50\r\n\r\n{\"te";
    let mut stream = TcpStream::connect(address).await?;
    let length = 1 + random.below(whole.len() as u64) as usize;
    stream.write_all(&whole[..length]).await?;
    Ok(())
}
