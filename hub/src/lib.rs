//! Models on a hub: what a person names, what the hub has under that name, which of its
//! files to take, and their download in ranges, which survives cut connections and crashes.
//!
//! Nothing here touches the network or a disk by itself. [`Download`] decides what to
//! fetch next and what a fault means; [`run`] drives it over a [`Transport`] and
//! [`Store`]s, which the Web Worker and the native server each bring their own of. So
//! what is tested natively is what runs in the browser.
//!
//! Two promises: a chunk that was finished is never fetched again, and no file counts as
//! there before its size and its hash are those that the hub gives. Files at addresses of
//! their own have no hash; theirs is the first promise only, and parts of two files are never
//! put together as far as their host tells them apart.

mod access;
mod address;
mod backoff;
mod catalogue;
mod choice;
mod credential;
mod digest;
mod download;
mod endpoint;
mod error;
mod error_sentences;
mod excerpt;
mod file_state;
mod find;
mod gguf_choice;
mod gguf_list;
mod gguf_name;
mod hub_name;
mod identity;
pub mod in_memory;
mod journal;
mod listing;
mod model_id;
mod name_list;
mod named;
mod no_weights;
mod origin;
mod pasted;
mod paths;
mod piece_transfer;
mod reference;
mod request_fault;
mod run;
mod selection;
mod shard_index;
mod small;
mod stored_name;
mod token_use;
mod transport;
mod validators;

pub use access::Access;
pub use address::{AtAddress, open, read_small};
pub use backoff::Backoff;
pub use catalogue::{Catalogue, CatalogueEntry, GgufTwin};
pub use choice::{TOKENIZER_FILES, choose};
pub use credential::{Credential, Secret};
pub use digest::{Digest, Hasher};
pub use download::{Download, Item, Next};
pub use endpoint::{DEFAULT_ENDPOINT, Endpoint};
pub use error::HubError;
pub use file_state::{Piece, WantedFile};
pub use find::{ChosenFiles, FoundModel, find};
pub use gguf_choice::is_quantised_gguf;
pub use gguf_list::{GgufFile, gguf_files};
pub use identity::FileIdentity;
pub use journal::Journal;
pub use listing::{ListedFile, Listing, RemoteFile, is_commit};
pub use model_id::ModelId;
pub use named::Named;
pub use origin::Origin;
pub use paths::is_revision;
pub use reference::{Reference, Wanted};
pub use request_fault::{Refusal, RequestFault, StoreFault};
pub use run::{Store, run};
pub use selection::{Preference, Selected, Selection, Unusable};
pub use shard_index::ShardIndex;
pub use small::list;
pub use stored_name::StoredName;
pub use token_use::TokenUse;
pub use transport::{Body, FileHeaders, FileRequest, FileResponse, Transport};
pub use validators::Validators;
