//! Ways to ask a server: the page's WebSocket, and HTTP.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use protocol::{Command, Event, Reply, Request, RequestId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects as a page does.
///
/// # Errors
/// If the server does not take the connection.
pub(crate) async fn connect(address: SocketAddr) -> Result<Socket> {
    Ok(connect_async(format!("ws://{address}/api/ws")).await?.0)
}

/// Sends a command.
///
/// # Errors
/// If the connection ends.
pub(crate) async fn send(socket: &mut Socket, id: u32, command: Command) -> Result<()> {
    let request = Request { id: RequestId(id), command };
    Ok(socket.send(Message::text(serde_json::to_string(&request)?)).await?)
}

/// The next reply.
///
/// # Errors
/// If the connection ends.
pub(crate) async fn receive(socket: &mut Socket) -> Result<Reply> {
    loop {
        let message = socket.next().await.context("the server has closed")??;
        if let Message::Text(text) = message {
            return Ok(serde_json::from_str(&text)?);
        }
    }
}

/// The terminal event of a command, the only one under way.
///
/// # Errors
/// If the connection ends.
pub(crate) async fn ask(socket: &mut Socket, command: Command) -> Result<Event> {
    send(socket, 1, command).await?;
    loop {
        let reply = receive(socket).await?;
        if reply.event.is_terminal() {
            return Ok(reply.event);
        }
    }
}

/// Sends a request with a body of JSON, whose answer ends the connection.
///
/// # Errors
/// If there is no connection.
pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    body: &str,
) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// The status and the body of an answer.
///
/// # Errors
/// If it is none.
pub(crate) async fn answer(mut stream: TcpStream) -> Result<(u16, String)> {
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        bail!("no answer: {text:?}")
    };
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// The memory that a process has now, where the system tells (Linux): its number, or
/// `self`.
pub(crate) fn resident_mb(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}
