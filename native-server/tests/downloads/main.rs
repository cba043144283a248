//! Downloads from a hub with faults, over a real socket.

// A test that cannot be set up fails; its helpers are no exception.
#![allow(clippy::unwrap_used)]

mod cache;
mod classroom;
mod hostile;
mod mirrors;
mod odd;
mod reasons;
mod redirects;
mod relays;
mod schedules;
mod server;
mod support;
