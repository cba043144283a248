//! From text and conversations to token ids: a model's tokenizer and its chat template.

pub mod chat;
mod rendered;
pub mod tokenizer;

pub use rendered::Rendered;
