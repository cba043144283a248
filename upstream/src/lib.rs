//! Engines elsewhere: next-token distributions from vLLM, SGLang, llama.cpp's server, another
//! native server, or any server with OpenAI's completions.
//!
//! Only probabilities are asked for, those of the model itself: at temperature 1 and before any
//! sampler, each of which is switched off by name, because servers have defaults of their own.
//! Tokens are drawn here. Whether ids mean the same there as here is proven before the first
//! question. No answer is believed that is not what was asked for: see [`AnswerError`].
//!
//! [`connect`] leads from [`Settings`] to a [`engine::Session`].

mod address;
mod answer;
mod client;
mod connect;
mod dialect;
mod error;
mod file;
mod http;
mod kind;
mod model;
mod proof;
mod replica;
mod settings;

pub use address::{Address, AddressError};
pub use answer::AnswerError;
pub use connect::{Connected, connect};
pub use error::UpstreamError;
pub use file::{FileError, Listed, read_list};
pub use kind::Kind;
pub use settings::{Key, Settings};
