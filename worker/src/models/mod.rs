//! Models kept in the browser's storage: those of a hub, and those of an address.
//!
//! What is fetched of a hub when, and what counts as there, is decided in the `hub` crate;
//! here are the browser's network, its storage, and the list of what is in it.

mod address;
mod copy;
mod load;
mod manifest;
mod meter;
mod packed;
mod passing;
mod place;
mod storage;
mod stored;
mod transport;

pub(crate) use address::{Address, load_address};
pub(crate) use copy::Stamp;
pub(crate) use load::{Fetched, load};
pub(crate) use packed::Keeping;
pub(crate) use passing::Passing;
pub(crate) use storage::Key;
pub(crate) use stored::{delete, list};

/// Whether models are packed in this precision, and can be stored so.
fn packs(precision: protocol::Precision) -> bool {
    use protocol::Precision;
    matches!(precision, Precision::Auto | Precision::Q8 | Precision::Q4)
}
