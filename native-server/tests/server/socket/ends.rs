//! Connections that are refused, given up or ended.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use native_server::ServerLimits;
use protocol::{Command, ErrorCode, Event, RequestId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::client::{Running, answer, generate, next_token, receive, refusal, send};
use crate::fixture::{FAR_FEWER, Fixture, long_prompts};

#[tokio::test]
async fn the_work_of_a_page_that_was_closed_is_dropped() {
    let running = Running::start(Fixture::new().await).await;
    let mut leaving = running.connect().await;
    for (id, command) in long_prompts() {
        send(&mut leaving, id, command).await;
    }
    receive(&mut leaving).await;
    drop(leaving);
    let mut other = running.connect().await;
    send(&mut other, 1, next_token(vec![50])).await;
    let Event::Distribution(distribution) = answer(&mut other, 1).await else {
        panic!("the other one is served")
    };
    let read = distribution.timings.forward_tokens;
    assert!(read < FAR_FEWER, "{read} tokens were read for one who had left");
}

#[tokio::test]
async fn a_message_without_end_closes_its_connection_only() {
    let running = Running::start(Fixture::new().await).await;
    let mut flooding = running.connect().await;
    let mut other = running.connect().await;
    // The server may have closed the connection before all is sent.
    flooding.send(Message::text("a".repeat(16 << 20))).await.ok();
    let last = loop {
        match flooding.next().await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert!(matches!(last, Some(CloseCode::Size) | None), "{last:?}");
    send(&mut other, 1, Command::Describe).await;
    assert!(matches!(answer(&mut other, 1).await, Event::Ready(_)));
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_connection() {
    let running = Running::start(Fixture::loading()).await;
    let url = format!("ws://{}/api/ws", running.address);
    for (header, value, status) in
        [("origin", "https://example.com", 403), ("host", "example.com", 421)]
    {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert(header, value.parse().unwrap());
        match connect_async(request).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), status),
            other => panic!("{header}: {value} gave {other:?}"),
        }
    }
}

/// Limits under which dead pages are found soon, and one page has room.
fn impatient() -> ServerLimits {
    let (ping_interval, silence_timeout) =
        (Duration::from_millis(20), Duration::from_millis(200));
    ServerLimits { ping_interval, silence_timeout, sockets: 1, ..ServerLimits::default() }
}

const HANDSHAKE: &str = "GET /api/ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
                         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test]
async fn a_page_that_answers_no_ping_loses_its_place_to_another() {
    let running = Running::start(Fixture::new().await.limited(impatient())).await;
    let mut dead = TcpStream::connect(running.address).await.unwrap();
    dead.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let ended = dead.read_to_end(&mut received);
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("it is ended").ok();
    // FIN and opcode 9, without a payload.
    assert!(received.ends_with(&[0x89, 0]), "{:?}", String::from_utf8_lossy(&received));
    let mut other = running.connect().await;
    send(&mut other, 1, Command::Describe).await;
    assert!(matches!(answer(&mut other, 1).await, Event::Ready(_)));
}

#[tokio::test]
async fn a_page_that_only_answers_pings_stays() {
    let running = Running::start(Fixture::new().await.limited(impatient())).await;
    let mut socket = running.connect().await;
    for _ in 0..30 {
        assert!(socket.next().await.unwrap().unwrap().is_ping());
    }
    send(&mut socket, 1, Command::Describe).await;
    assert!(matches!(answer(&mut socket, 1).await, Event::Ready(_)));
}

#[tokio::test]
async fn a_page_that_is_idle_for_longer_than_a_write_may_take_stays() {
    let write_timeout = Duration::from_millis(20);
    let limits = ServerLimits { write_timeout, ..ServerLimits::default() };
    let running = Running::start(Fixture::new().await.limited(limits)).await;
    let mut socket = running.connect().await;
    for id in 0..3 {
        tokio::time::sleep(10 * write_timeout).await;
        send(&mut socket, id, Command::Describe).await;
        assert!(matches!(answer(&mut socket, id).await, Event::Ready(_)));
    }
}

#[tokio::test]
async fn while_a_model_loads_stop_is_heard_and_a_page_that_leaves_makes_room() {
    let one = ServerLimits { sockets: 1, ..ServerLimits::default() };
    let running = Running::start(Fixture::loading().limited(one)).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    send(&mut socket, 2, Command::Cancel { request: RequestId(1) }).await;
    assert_eq!(refusal(&mut socket, 1).await, ErrorCode::Loading);
    let refused = connect_async(format!("ws://{}/api/ws", running.address)).await;
    assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 503));
    drop(socket);
    let mut other = loop {
        // Until the server has seen that the first is gone.
        let url = format!("ws://{}/api/ws", running.address);
        match connect_async(url).await {
            Ok((socket, _)) => break socket,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    send(&mut other, 1, generate()).await;
    assert_eq!(refusal(&mut other, 1).await, ErrorCode::Loading);
}

#[tokio::test]
async fn the_server_stops_while_pages_are_open() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    answer(&mut socket, 1).await;
    running.stop.send(()).unwrap();
    while !socket.next().await.unwrap().unwrap().is_close() {}
    running.server.await.unwrap().unwrap();
}
