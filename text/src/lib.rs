//! From text and conversations to token ids: a model's tokenizer and its chat template; and
//! which texts a reply may become.

pub mod allowed;
pub mod chat;
mod rendered;
pub mod tokenizer;

pub use rendered::Rendered;
