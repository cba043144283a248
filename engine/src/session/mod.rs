//! A model with its tokenizer and chat template, and its cached sequences.
//!
//! Every call passes the whole text. The session reads only the tokens after the longest
//! prefix that is cached, so that undo, another pick and a look back cost one token or
//! none.

mod allowed;
mod automata;
mod elsewhere;
mod end_tokens;
mod forks;
mod hidden_states;
mod inspection;
mod kept_distribution;
mod kept_logits;
mod load;
mod load_options;
mod loaded_parts;
mod logits;
mod model;
mod pack;
mod prompt;
mod read;
mod read_elsewhere;
mod reader_check;
mod remote;
mod remote_scores;
mod sequence;
mod slot_choice;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod text_files;
#[cfg(test)]
mod trim_tests;
mod verification;

pub(crate) use forks::MAX_FORKS;
pub(crate) use inspection::ForkPart;
pub use load_options::LoadOptions;
pub use read::ReadRequest;
pub(crate) use read_elsewhere::ReadElsewhere;
pub use reader_check::ReaderCheck;
pub use remote::RemoteDescription;
pub use state::Session;
pub(crate) use store::CacheLimits;
pub use text_files::TextFiles;
