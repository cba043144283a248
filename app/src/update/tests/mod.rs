//! What the page does, told action by action, with an engine that answers when it is
//! told to.

pub(crate) mod bench;
mod chat;
mod deaths;
mod engine;
mod explorer;
mod failures;
mod files;
mod hubs;
mod knobs;
mod models;
mod play;
mod random;
mod servers;

use bench::Bench;
