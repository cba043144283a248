//! Where models are on this machine. Nothing is downloaded here.

mod disk_file;
mod error;
mod files;
mod folder;
mod hub;
mod location;
mod name;
mod server_models;
#[cfg(test)]
mod tests;

pub use error::LocationError;
pub use location::ModelLocation;
pub use server_models::{CachedModel, ModelPlace, ServerModels};

pub(crate) use hub::HubCache;
