//! A server on a socket of its own, and a page that talks to it.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use protocol::{Command, ErrorCode, Event, Reply, Request, RequestId, SamplerSettings};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::fixture::Fixture;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server on a socket of its own.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
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

pub(crate) async fn refusal(socket: &mut Socket, id: u32) -> ErrorCode {
    match answer(socket, id).await {
        Event::Failed(failure) => failure.code,
        other => panic!("{other:?} is no refusal"),
    }
}

pub(crate) fn generate() -> Command {
    Command::Generate {
        ids: vec![50, 60, 70],
        settings: SamplerSettings::default(),
        max_new_tokens: 512,
        candidates: 50,
    }
}

pub(crate) fn next_token(ids: Vec<u32>) -> Command {
    let settings = SamplerSettings::default();
    Command::NextToken { ids, settings, candidates: 5, watch: vec![7] }
}
