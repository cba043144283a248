//! Where models are on this machine. Nothing is downloaded.

mod catalogue;
mod files;
mod folder;
mod hub;
mod location;
#[cfg(test)]
mod tests;

pub use catalogue::Catalogue;
pub use location::{LocationError, ModelLocation};

pub(crate) use hub::HubCache;
