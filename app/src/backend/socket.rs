//! The engine in a native server, over a WebSocket.

use gloo_events::EventListener;
use protocol::Request;
use wasm_bindgen::JsCast;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::{Backend, LinkEvent, Listener};

/// An open connection; dropping it closes it.
pub(super) struct SocketBackend {
    socket: WebSocket,
    listener: Listener,
    _listeners: [EventListener; 3],
}

impl SocketBackend {
    pub(super) fn connect(address: &str, listener: Listener) -> Result<Self, String> {
        let socket = WebSocket::new(address)
            .map_err(|_| format!("{address} is not an address that can be used"))?;
        let tell = listener.clone();
        let opened = EventListener::new(&socket, "open", move |_| tell(LinkEvent::Open));
        let tell = listener.clone();
        let messages = EventListener::new(&socket, "message", move |event| {
            let message = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(text) = message.and_then(|data| data.as_string()) {
                tell(read(&text));
            }
        });
        let tell = listener.clone();
        // An error is always followed by a close, which knows more.
        let closed = EventListener::new(&socket, "close", move |event| {
            let reason = event.dyn_ref::<CloseEvent>().map(CloseEvent::reason);
            let reason = reason.filter(|reason| !reason.is_empty());
            tell(LinkEvent::Died(
                reason.unwrap_or_else(|| "the connection was lost".into()),
            ));
        });
        Ok(SocketBackend { socket, listener, _listeners: [opened, messages, closed] })
    }
}

impl Backend for SocketBackend {
    fn send(&self, request: &Request) {
        let sent = serde_json::to_string(request)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                self.socket.send_with_str(&text).map_err(|_| "it is not open".into())
            });
        if let Err(reason) = sent {
            (self.listener)(LinkEvent::Died(reason));
        }
    }
}

impl Drop for SocketBackend {
    fn drop(&mut self) {
        // A connection that is closed already cannot be closed again, which is fine.
        let _ = self.socket.close();
    }
}

fn read(text: &str) -> LinkEvent {
    match serde_json::from_str(text) {
        Ok(reply) => LinkEvent::Reply(Box::new(reply)),
        Err(error) => LinkEvent::Died(format!("its message was not understood: {error}")),
    }
}
