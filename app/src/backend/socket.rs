//! The engine of a native server, over a WebSocket.

use gloo_events::EventListener;
use protocol::Request;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::link::{Backend, LinkEvent, Listener, NoBackend, read_reply};
use crate::state::{host_of, origin_of};
use crate::texts::engine as texts;

/// Connects to the native server whose socket has this address.
pub(crate) fn connect_to_server(address: &str, listener: Listener) -> Box<dyn Backend> {
    match SocketBackend::connect(address, listener.clone()) {
        Ok(backend) => Box::new(backend),
        Err(reason) => {
            listener(LinkEvent::Refused(reason));
            Box::new(NoBackend)
        }
    }
}

/// A WebSocket to a native server.
struct SocketBackend {
    socket: WebSocket,
    listener: Listener,
    _listeners: [EventListener; 3],
    _forbidden: Option<EventListener>,
}

impl SocketBackend {
    /// Connects to an address, which can have an access token in its query.
    fn connect(address: &str, listener: Listener) -> Result<Self, String> {
        let host = host_of(address);
        // A connection that the page's policy forbids is reported here only.
        let forbidden = forbidden(address, &host, listener.clone());
        let socket = WebSocket::new(address).map_err(|_| texts::not_allowed(&host))?;
        let report = listener.clone();
        let opened =
            EventListener::new(&socket, "open", move |_| report(LinkEvent::Open));
        let report = listener.clone();
        let messages = EventListener::new(&socket, "message", move |event| {
            let message = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            if let Some(text) = message.and_then(|data| data.as_string()) {
                report(read(&text));
            }
        });
        let report = listener.clone();
        // An error is always followed by a close, which has the reason.
        let closed = EventListener::new(&socket, "close", move |event| {
            let reason = event.dyn_ref::<CloseEvent>().map(CloseEvent::reason);
            let reason = reason.filter(|reason| !reason.is_empty());
            report(LinkEvent::Died(reason.unwrap_or_else(|| texts::LOST.into())));
        });
        let listeners = [opened, messages, closed];
        Ok(SocketBackend {
            socket,
            listener,
            _listeners: listeners,
            _forbidden: forbidden,
        })
    }
}

impl Backend for SocketBackend {
    fn send(&self, request: &Request) {
        let sent = written(request).and_then(|text| {
            self.socket.send_with_str(&text).map_err(|_| "it is not open".into())
        });
        if let Err(reason) = sent {
            (self.listener)(LinkEvent::Died(reason));
        }
    }
}

impl Drop for SocketBackend {
    fn drop(&mut self) {
        // Closing fails if the connection is already closed.
        let _ = self.socket.close();
    }
}

/// Listens for a violation of the page's policy by this connection. The socket itself may
/// have no event for it.
fn forbidden(address: &str, host: &str, listener: Listener) -> Option<EventListener> {
    let document = web_sys::window()?.document()?;
    let (origin, host) = (origin_of(address)?, host.to_owned());
    Some(EventListener::new(&document, "securitypolicyviolation", move |event| {
        let field =
            |name: &str| js_sys::Reflect::get(event, &name.into()).ok()?.as_string();
        let blocked = field("blockedURI").and_then(|blocked| origin_of(&blocked));
        if blocked.as_ref() == Some(&origin)
            && field("effectiveDirective").as_deref() == Some("connect-src")
        {
            listener(LinkEvent::Refused(format!(
                "The site that this page comes from does not let it connect to {host}. \
                 Open http://{host} itself: its own page runs its model."
            )));
        }
    }))
}

/// A request as JSON. The browser writes it, and reads replies: then messages are turned into
/// types by the same code as those of the worker, which is much of the page's size.
fn written(request: &Request) -> Result<String, String> {
    let message = request.serialize(&Serializer::json_compatible());
    let message = message.map_err(|error| error.to_string())?;
    let text = js_sys::JSON::stringify(&message);
    text.map(String::from).map_err(|_| "it could not be written".into())
}

fn read(text: &str) -> LinkEvent {
    read_reply(js_sys::JSON::parse(text).unwrap_or(JsValue::UNDEFINED))
}
