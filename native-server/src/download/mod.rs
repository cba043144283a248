//! Models from the hub, into the cache that Hugging Face's own programs use.
//!
//! [`HubSettings`] reads the same variables as those programs; [`fetch_model`] resolves
//! a model and downloads what is missing. How a download goes on is the `hub` crate's
//! business; here are its network ([`HttpTransport`]) and its places on the disk.

mod blob;
mod fetch;
mod gzip;
mod http;
mod settings;
mod snapshot;
mod terminal;

pub(crate) use blob::Blob;
pub use fetch::{Fetched, fetch_model};
pub use http::{HttpTransport, TransportError};
pub use settings::HubSettings;
pub(crate) use snapshot::{is_restricted, link, note_branch};
pub use terminal::ProgressLine;
