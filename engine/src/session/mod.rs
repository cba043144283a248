//! A model with its tokenizer and chat template, and the sequences that it has read.
//!
//! Every call names the whole sequence. The session computes only what follows the
//! longest common prefix with what was read before, so undo, another pick and a look
//! back cost one token or none.

mod hidden_states;
mod load;
mod logits;
mod prompt;
mod read;
mod sequence;
mod slot_choice;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub use load::LoadOptions;
pub use read::ReadRequest;
pub use state::Session;
pub(crate) use store::CacheLimits;
