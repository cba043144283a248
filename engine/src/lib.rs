//! A loaded model, and the scheduler of requests to it.
//!
//! The crate is synchronous and has no I/O of its own: it receives files, a device and a
//! clock, and never fetches anything. [`Session`] is one model with its cached sequences;
//! [`Engine`] schedules the protocol's requests to a session.

mod error;
mod failure;
mod prompt_reader;
mod remote;
mod scheduler;
mod session;

pub use candle_core::Device;
pub use inference::distribution::Outlook;

pub use error::{EngineError, Result};
pub use prompt_reader::{
    PromptQuestion, PromptReader, PromptReading, ReadTokens, ReaderFault,
};
pub use remote::{RemoteAnswer, RemoteModel, RemoteQuestion, RemoteReply, RemoteScore};
pub use scheduler::{Clock, Engine, Limits, Stats};
pub use session::{
    LoadOptions, ReadRequest, ReaderCheck, RemoteDescription, Session, TextFiles,
};
