//! Where models are on this machine. Nothing is downloaded here.

mod catalogue;
mod files;
mod folder;
mod hub;
mod location;
mod name;
mod on_disk;
#[cfg(test)]
mod tests;

pub use catalogue::{CachedModel, Catalogue, ModelPlace};
pub use location::{LocationError, ModelLocation};

pub(crate) use hub::HubCache;
