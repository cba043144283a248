//! Models of a hub, kept in the browser's storage.
//!
//! What is fetched when, and what counts as there, is decided in the `hub` crate; here
//! are the browser's network, its storage, and the list of what is in it.

mod load;
mod manifest;
mod meter;
mod packed;
mod passing;
mod place;
mod storage;
mod stored;
mod transport;

pub(crate) use load::{Fetched, load};
pub(crate) use packed::Keeping;
pub(crate) use passing::Passing;
pub(crate) use storage::Key;
pub(crate) use stored::{delete, list};
