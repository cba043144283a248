//! Requests to a server: by the page's WebSocket, and by HTTP.

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
/// If the server refuses the connection.
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

/// Sends a command and returns its terminal event. No other may be under way.
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

/// Sends a request with a body of JSON. The server closes the connection after its answer.
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
/// If it is not an HTTP response.
pub(crate) async fn answer(mut stream: TcpStream) -> Result<(u16, String)> {
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        bail!("no answer: {text:?}")
    };
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}
