//! The native server: the page, and the same messages that the page exchanges with its
//! worker, with the model on this machine.
//!
//! [`app`] is the whole of it as a router, [`serve`] puts that on a socket. Models are
//! run by one thread of their own, see [`EngineHandle`]; what they compute is the
//! engine's business and decided there.

mod access;
mod clock;
mod config;
mod connections;
mod device;
mod download;
mod embedded;
mod engine_thread;
mod http;
mod limits;
mod loading;
mod metrics;
mod model;
mod option_values;
mod serve;
mod shared_hub;
mod tasks;

pub use access::{Access, HostName, Origin, Token};
pub use config::{Config, Task};
pub use connections::serve;
pub use device::{DeviceChoice, DeviceError};
pub use download::{
    Fetched, HttpTransport, HubSettings, ProgressLine, TransportError, fetch_model,
};
pub use engine_thread::{EngineClient, EngineHandle, EngineStopped};
pub use http::{AppState, app};
pub use limits::Limits;
pub use model::{CachedModel, Catalogue, LocationError, ModelLocation, ModelPlace};
pub use option_values::LogFormat;
pub use serve::{StartError, bind, interrupted, state, url};
pub use shared_hub::{FetchLimits, SharedHub};
pub use tasks::{TaskError, download_model, list_models};
