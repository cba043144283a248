//! An engine elsewhere for tests: it answers as vLLM, SGLang, llama.cpp's server or a server
//! with OpenAI's API do, with the numbers of our own engine, and misbehaves by a seeded
//! schedule. It refuses every question that leaves a sampler on.

mod behaviour;
mod body;
mod completions;
mod llama_cpp;
mod oracle;
mod server;
mod session;
mod sglang;
mod state;

pub use behaviour::{Behaviour, Dialect};
pub use server::StandInUpstream;
pub use session::session;
