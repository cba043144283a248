//! What both connections to an engine have in common.

use std::rc::Rc;

use protocol::{Reply, Request};
use wasm_bindgen::JsValue;

/// A connection to an engine. Dropping it closes the connection.
pub(crate) trait Backend {
    /// Sends a request. It is lost before [`LinkEvent::Open`] and after [`LinkEvent::Died`].
    fn send(&self, request: &Request);
}

/// An event of a connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LinkEvent {
    /// The engine takes requests from now on.
    Open,
    /// The engine has sent a reply.
    Reply(Box<Reply>),
    /// The connection or its engine has ended, for a reason that is part of a sentence.
    Died(String),
    /// The connection cannot be opened, for a reason in whole sentences.
    Refused(String),
}

/// The event of a message that is a reply.
pub(super) fn read_reply(message: JsValue) -> LinkEvent {
    match serde_wasm_bindgen::from_value(message) {
        Ok(reply) => LinkEvent::Reply(Box::new(reply)),
        Err(error) => LinkEvent::Died(format!("its message was not understood: {error}")),
    }
}

/// Takes the events of a connection.
pub(crate) type Listener = Rc<dyn Fn(LinkEvent)>;

/// A connection that could not be opened.
pub(super) struct NoBackend;

impl Backend for NoBackend {
    fn send(&self, _: &Request) {}
}
