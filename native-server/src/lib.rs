//! The native server: the page, and the same messages that the page exchanges with its
//! worker, with the model on this machine.
//!
//! [`app`] is the whole of it as a router, [`serve`] puts that on a socket. Models are
//! run by one thread of their own, see [`EngineHandle`]; what they compute is the
//! engine's business and decided there.

mod clock;
mod config;
mod device;
mod engine_thread;
mod http;
mod model;
mod serve;

pub use config::Config;
pub use device::{DeviceChoice, DeviceError};
pub use engine_thread::{Client, EngineHandle, EngineStopped};
pub use http::{AppState, app};
pub use model::{Catalogue, LocationError, ModelLocation};
pub use serve::{StartError, bind, interrupted, serve, state, url};
