//! The Hugging Face cache of this machine, given out as a hub gives out its models, so
//! that a classroom downloads once. What is not in it can be fetched from the hub behind
//! it, if whoever runs the server allows that.

mod cached;
mod limits;
mod model;
mod relay;
mod shared;
mod upstream;

pub use limits::FetchLimits;
pub use shared::SharedHub;

pub(crate) use limits::NotFetched;
pub(crate) use model::{SharedFile, SharedModel};
