//! The native server. It serves the page, and runs the model on this machine: over a WebSocket
//! with the messages that the page also exchanges with its worker, and over HTTP as JSON.
//!
//! [`bind`], [`state`] and [`serve()`] lead from the options in [`Config`] to a running server.
//!
//! ```no_run
//! use clap::Parser;
//! use native_server::{Config, bind, interrupted, serve, state};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::try_parse_from(["native-server", "--port", "0"])?;
//! let listener = bind(&config).await?;
//! serve(listener, state(&config)?, interrupted()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`app`] is all routes as one router. The engine runs in a thread of its own, see
//! [`EngineHandle`].

mod access;
mod class;
mod clock;
mod config;
mod connections;
mod device;
mod download;
mod elsewhere;
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
mod task;
mod tasks;
mod tls;
mod welcome;

pub use access::{Access, AccessToken, AllowedHost, AllowedOrigin};
pub use config::Config;
pub use connections::serve;
pub use device::{DeviceChoice, DeviceError};
pub use download::{
    FetchedModel, HttpTransport, HubSettings, ProgressLine, TransportError, fetch_model,
};
pub use elsewhere::UpstreamOptions;
pub use engine_thread::{EngineClient, EngineHandle, EngineStopped};
pub use http::{AppState, app};
pub use limits::ServerLimits;
pub use model::{CachedModel, LocationError, ModelLocation, ModelPlace, ServerModels};
pub use option_values::LogFormat;
pub use serve::{StartError, bind, interrupted, state, url};
pub use shared_hub::{FetchLimits, SharedHub};
pub use task::Task;
pub use tasks::{TaskError, check_health, download_model, list_models};
pub use tls::{Tls, TlsError, TlsOptions};
pub use welcome::welcome;
