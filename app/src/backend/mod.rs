//! The two ways to an engine. Both carry the same requests and tell the same events.

mod address;
mod socket;
mod worker;

use std::rc::Rc;

use protocol::{Reply, Request};

pub(crate) use address::server_address;
pub(crate) use worker::is_isolated;

/// A connection to an engine; dropping it ends the connection.
pub(crate) trait Backend {
    /// Sends a request. Sent too early or too late, it is lost; [`LinkEvent::Open`] and
    /// [`LinkEvent::Died`] say when that is.
    fn send(&self, request: &Request);
}

/// What a connection tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LinkEvent {
    /// Requests are heard from now on.
    Open,
    /// The engine answered.
    Reply(Box<Reply>),
    /// The connection is of no more use.
    Died(String),
    /// It cannot come about: why, in whole sentences.
    Refused(String),
}

/// Where a connection tells what happens.
pub(crate) type Listener = Rc<dyn Fn(LinkEvent)>;

/// Starts the engine in a worker of this page, whose files are in `folder`.
pub(crate) fn worker(folder: &str, listener: Listener) -> Box<dyn Backend> {
    match worker::WorkerBackend::start(folder, listener.clone()) {
        Ok(backend) => Box::new(backend),
        Err(reason) => Box::new(NoBackend::told(&listener, LinkEvent::Died(reason))),
    }
}

/// Connects to a native server.
pub(crate) fn socket(address: &str, listener: Listener) -> Box<dyn Backend> {
    match socket::SocketBackend::connect(address, listener.clone()) {
        Ok(backend) => Box::new(backend),
        Err(reason) => Box::new(NoBackend::told(&listener, LinkEvent::Refused(reason))),
    }
}

/// A connection that could not even be begun.
struct NoBackend;

impl NoBackend {
    fn told(listener: &Listener, event: LinkEvent) -> NoBackend {
        listener(event);
        NoBackend
    }
}

impl Backend for NoBackend {
    fn send(&self, _: &Request) {}
}
