//! The thread that owns the engine, and the clients that talk to it.
//!
//! Every client has a bounded queue of replies. A client that does not read its replies is
//! removed, so it can neither hold up the others nor fill the memory; the work of a client
//! that is dropped is cancelled.
//!
//! A panic in the engine ends every unanswered request with an event that says so. A new
//! engine takes its place and the model is loaded again, unless that has happened too often
//! in the last minutes.

mod client;
mod client_queue;
mod engine_loop;
mod faults;
mod handle;
mod loader;
mod message;
mod status;

pub use client::{EngineClient, EngineStopped};
pub use handle::EngineHandle;
