//! Models from the hub, into the cache that Hugging Face's own programs use.
//!
//! [`HubSettings`] reads the same variables as those programs; [`fetch_model`] finds a
//! model and downloads its missing files. The steps of a download are in the crate `hub`;
//! its network ([`HttpTransport`]) and its files on the disk are here.

mod blob;
mod fetch;
mod gzip;
mod http;
mod settings;
mod snapshot;
mod terminal;

pub(crate) use blob::Blob;
pub use fetch::{FetchedModel, fetch_model};
pub use http::{HttpTransport, TransportError};
pub use settings::HubSettings;
pub(crate) use snapshot::{is_restricted, link, note_branch};
pub use terminal::ProgressLine;
