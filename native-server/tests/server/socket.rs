//! The WebSocket, over a real connection.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use native_server::Limits;
use protocol::{
    Command, ErrorCode, Event, FinishReason, ModelSource, Precision, Reply, Request,
    RequestId, SamplerSettings,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fixture::{FAR_FEWER, Fixture, long_prompts};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server on a socket of its own.
pub(crate) struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    _fixture: Fixture,
}

impl Running {
    pub(crate) async fn start(fixture: Fixture) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            stopped.await.ok();
        };
        let state = fixture.state.clone();
        let server = tokio::spawn(native_server::serve(listener, state, stopped));
        Running { address, stop, server, _fixture: fixture }
    }

    pub(crate) async fn connect(&self) -> Socket {
        connect_async(format!("ws://{}/api/ws", self.address)).await.unwrap().0
    }
}

pub(crate) async fn send(socket: &mut Socket, id: u32, command: Command) {
    let request = Request { id: RequestId(id), command };
    let json = serde_json::to_string(&request).unwrap();
    socket.send(Message::text(json)).await.unwrap();
}

pub(crate) async fn receive(socket: &mut Socket) -> Reply {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
        assert!(message.is_ping(), "{message:?}");
    }
}

/// The terminal reply to a request, which must be the only one under way.
pub(crate) async fn answer(socket: &mut Socket, id: u32) -> Event {
    loop {
        let reply = receive(socket).await;
        assert_eq!(reply.id, RequestId(id));
        if reply.event.is_terminal() {
            return reply.event;
        }
    }
}

async fn refusal(socket: &mut Socket, id: u32) -> ErrorCode {
    match answer(socket, id).await {
        Event::Failed(failure) => failure.code,
        other => panic!("{other:?} is no refusal"),
    }
}

fn generate() -> Command {
    Command::Generate {
        ids: vec![50, 60, 70],
        settings: SamplerSettings::default(),
        max_new_tokens: 512,
        candidates: 50,
    }
}

fn next_token(ids: Vec<u32>) -> Command {
    let settings = SamplerSettings::default();
    Command::NextToken { ids, settings, candidates: 5, watch: vec![7] }
}

#[tokio::test]
async fn text_becomes_tokens_and_tokens_a_distribution() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    let Event::Ready(model) = answer(&mut socket, 1).await else { panic!("not ready") };
    assert_eq!(model.name, "tiny-model");
    assert_eq!(model.device, "CPU");
    send(&mut socket, 2, Command::Tokenize { text: "Hi".into() }).await;
    let Event::Tokenized { tokens } = answer(&mut socket, 2).await else {
        panic!("not tokenized")
    };
    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
    send(&mut socket, 3, next_token(ids.clone())).await;
    let Event::Distribution(first) = answer(&mut socket, 3).await else {
        panic!("no distribution")
    };
    assert_eq!(first.candidates.len(), 5);
    assert_eq!(first.watched[0].token.id, 7);
    let listed: f32 = first.candidates.iter().map(|c| c.probability).sum();
    assert!((listed + first.outside.probability - 1.0).abs() < 1e-4);
    // Asked again, nothing is computed again.
    send(&mut socket, 4, next_token(ids)).await;
    let Event::Distribution(second) = answer(&mut socket, 4).await else {
        panic!("no distribution")
    };
    assert_eq!(second.timings.forward_tokens, first.timings.forward_tokens);
}

#[tokio::test]
async fn junk_is_refused_and_the_connection_stays() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    for (junk, id) in [
        ("", 0),
        ("hello", 0),
        ("{\"id\":12}", 12),
        ("{\"id\":13,\"command\":{\"type\":\"dance\"}}", 13),
        ("{\"id\":14,\"command\":{\"type\":\"next_token\",\"ids\":\"x\"}}", 14),
        ("{\"id\":\"x\",\"command\":{\"type\":\"describe\"}}", 0),
        ("[[[[[[[[", 0),
    ] {
        socket.send(Message::text(junk)).await.unwrap();
        assert_eq!(refusal(&mut socket, id).await, ErrorCode::InvalidRequest, "{junk}");
    }
    socket.send(Message::text("[".repeat(100_000))).await.unwrap();
    assert_eq!(refusal(&mut socket, 0).await, ErrorCode::InvalidRequest);
    socket.send(Message::binary(vec![0xFF; 64])).await.unwrap();
    assert_eq!(refusal(&mut socket, 0).await, ErrorCode::InvalidRequest);
    socket.send(Message::Ping("x".into())).await.unwrap();
    while !socket.next().await.unwrap().unwrap().is_pong() {}
    send(&mut socket, 1, Command::Describe).await;
    assert!(matches!(answer(&mut socket, 1).await, Event::Ready(_)));
}

#[tokio::test]
async fn hostile_numbers_are_refused_one_by_one() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    let settings = SamplerSettings::default();
    let ids = vec![50];
    let hot = SamplerSettings { temperature: 1e30, ..settings };
    let commands = [
        (next_token(Vec::new()), ErrorCode::EmptyPrompt),
        (next_token(vec![u32::MAX]), ErrorCode::InvalidToken),
        (next_token(vec![50; 100_000]), ErrorCode::PromptTooLong),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings,
                candidates: 0,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings,
                candidates: u32::MAX,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::NextToken {
                ids: ids.clone(),
                settings: hot,
                candidates: 1,
                watch: vec![],
            },
            ErrorCode::InvalidSettings,
        ),
        (
            Command::Generate { ids, settings, max_new_tokens: u32::MAX, candidates: 1 },
            ErrorCode::InvalidSettings,
        ),
    ];
    for (id, (command, code)) in (1..).zip(commands) {
        send(&mut socket, id, command).await;
        assert_eq!(refusal(&mut socket, id).await, code, "command {id}");
    }
}

#[tokio::test]
async fn another_model_cannot_be_loaded_from_the_page() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    let addresses = ["http://169.254.169.254/", "file:///etc/passwd", "demo-model/"];
    for (id, url) in (1..).zip(addresses) {
        let source = ModelSource::Address { url: url.into() };
        let load = Command::Load { source, precision: Precision::Auto };
        send(&mut socket, id, load).await;
        assert_eq!(refusal(&mut socket, id).await, ErrorCode::Unsupported);
    }
}

#[tokio::test]
async fn a_page_that_loads_the_demo_finds_it_loaded() {
    let running = Running::start(Fixture::with_demo().await).await;
    let mut socket = running.connect().await;
    let load = |precision| Command::Load { source: ModelSource::Demo, precision };
    send(&mut socket, 1, load(Precision::Auto)).await;
    let Event::Ready(model) = answer(&mut socket, 1).await else { panic!("not ready") };
    assert_eq!(model.name, "Demo model");
    send(&mut socket, 2, load(Precision::F32)).await;
    assert_eq!(refusal(&mut socket, 2).await, ErrorCode::Unsupported);
}

#[tokio::test]
async fn while_the_model_loads_the_page_is_told_so() {
    let running = Running::start(Fixture::loading()).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    assert_eq!(refusal(&mut socket, 1).await, ErrorCode::Loading);
    send(&mut socket, 2, generate()).await;
    assert_eq!(refusal(&mut socket, 2).await, ErrorCode::Loading);
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_told_with_the_reason() {
    let running = Running::start(Fixture::broken().await).await;
    let mut socket = running.connect().await;
    send(&mut socket, 1, Command::Describe).await;
    assert_eq!(refusal(&mut socket, 1).await, ErrorCode::InvalidModelFile);
}

#[tokio::test]
async fn a_generation_can_be_stopped() {
    let running = Running::start(Fixture::new().await).await;
    let mut socket = running.connect().await;
    // So long a prompt that it has not ended when it is stopped.
    let ids: Vec<u32> = (0..3500).map(|i| 50 + i % 100).collect();
    let settings = SamplerSettings::default();
    let long = Command::Generate { ids, settings, max_new_tokens: 512, candidates: 1 };
    send(&mut socket, 1, long).await;
    assert!(!receive(&mut socket).await.event.is_terminal());
    send(&mut socket, 2, Command::Cancel { request: RequestId(1) }).await;
    let Event::Finished { reason, .. } = answer(&mut socket, 1).await else {
        panic!("a cancelled request finishes")
    };
    assert_eq!(reason, FinishReason::Cancelled);
}

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
fn impatient() -> Limits {
    let (ping_every, silence) = (Duration::from_millis(20), Duration::from_millis(200));
    Limits { ping_every, silence, sockets: 1, ..Limits::default() }
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
async fn while_a_model_loads_stop_is_heard_and_a_page_that_leaves_makes_room() {
    let one = Limits { sockets: 1, ..Limits::default() };
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
