//! The Hugging Face cache of this machine, served as a hub serves its models, so that a
//! classroom downloads once. A model that is not in it is downloaded from the upstream hub, if
//! the server's options allow that.

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
