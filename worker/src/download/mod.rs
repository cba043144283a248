//! Files from the network into storage or memory. The `hub` crate decides what to fetch when; here
//! are the browser's network and the stores of files.

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
