//! Files from the network into storage or memory. When what is fetched is decided in the `hub`
//! crate; here are the browser's network and the places where files are kept.

mod address_failure;
mod address_files;
mod file_store;
mod memory_blocks;
mod network;
mod progress;

pub(crate) use address_files::{AddressFile, AddressFiles};
pub(crate) use file_store::{FileStore, StorageFailed, journal_name};
pub(crate) use network::FetchTransport;
pub(crate) use progress::DownloadProgress;

/// Requests that are under way at once.
pub(crate) const CONNECTIONS: usize = 4;
