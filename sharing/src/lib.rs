//! What leaves the page and comes back: a [`Session`] as a link or as a trace, and pictures.
//!
//! A session is one JSON document (docs/sessions.md). A link ([`link`]) is that document without
//! the recorded numbers, compressed; a trace ([`trace`]) is that document with them. Whatever
//! comes from outside is checked as a whole before anyone sees it. This crate has no clock, no
//! storage and no network.

mod answers;
mod bounds;
mod check;
mod check_answers;
mod check_tools;
mod fault;
mod knobs;
pub mod link;
mod message;
pub mod picture;
mod session;
pub mod trace;

pub use answers::{Answered, Apart, Asked};
pub use fault::Fault;
pub use knobs::{AllowedKind, Knobs, Named, Scale, Steps};
pub use message::{Request, answer};
pub use session::{
    Branch, Choice, Expected, ModelRef, Origin, Recorded, RecordedToken, Session, Source,
    Texts, VERSION, View, checksum,
};
