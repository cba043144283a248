//! Models on a hub: what a person names, what the hub has under that name, which of its
//! files are wanted, and their download in ranges that survives a cut connection and a
//! crash.
//!
//! Nothing here touches the network or a disk by itself. [`Download`] decides what to
//! fetch next and what a fault means; [`run`] drives it over a [`Transport`] and
//! [`Store`]s, which the Web Worker and the native server each bring their own of. So
//! what is tested natively is what runs in the browser.
//!
//! Two promises: a chunk that was finished is never fetched again, and no file counts as
//! there before its size and its hash are those that the hub gives.

mod backoff;
mod catalogue;
mod choice;
mod credential;
mod digest;
mod download;
mod endpoint;
mod error;
mod fault;
mod journal;
mod listing;
mod reference;
mod run;
mod small;
mod stored_name;
mod task;
mod transport;

pub use backoff::Backoff;
pub use catalogue::{Catalogue, CatalogueEntry, GgufTwin};
pub use choice::{Choice, Preference, choose};
pub use credential::{Credential, Origin, Secret, TokenUse};
pub use digest::{Digest, Hasher};
pub use download::{Download, Item, Next, Piece};
pub use endpoint::{DEFAULT_ENDPOINT, Endpoint};
pub use error::HubError;
pub use fault::{Fault, StoreFault};
pub use journal::Journal;
pub use listing::{Listing, RemoteFile};
pub use reference::{ModelId, Reference};
pub use run::{Store, run};
pub use small::{Access, list};
pub use stored_name::StoredName;
pub use transport::{Answer, Body, Question, Transport};
