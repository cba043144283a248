//! The two ways to an engine, a worker of this page and a native server. Both take the same
//! requests and have the same events.

mod address;
mod link;
mod socket;
mod worker;

pub(crate) use address::server_address;
pub(crate) use link::{Backend, LinkEvent, Listener};
pub(crate) use socket::connect_to_server;
pub(crate) use worker::{is_isolated, start_worker};
