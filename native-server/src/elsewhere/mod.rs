//! A model that an engine elsewhere runs: which one, by options or a list, and whose tokenizer
//! it has.

mod files;
mod load;
mod options;

pub(crate) use load::{ElsewhereLoad, Engine};
pub(crate) use options::Chosen;
pub use options::UpstreamOptions;
