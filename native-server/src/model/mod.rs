//! Where models are on this machine. Nothing is downloaded here.

mod catalogue;
mod error;
mod files;
mod folder;
mod hub;
mod location;
mod name;
mod on_disk;
#[cfg(test)]
mod tests;

pub use catalogue::{CachedModel, Catalogue, ModelPlace};
pub use error::LocationError;
pub use location::ModelLocation;

pub(crate) use hub::HubCache;
