//! Model files with random weights in a real format and of any shape, for tests and
//! benchmarks. The same seed gives the same bytes.

mod blocks;
mod files;
mod gguf;
mod numbers;
mod safetensors_file;
mod shape;
mod tensors;
mod tokenizer;

pub use blocks::Quantisation;
pub use files::{Files, files, files_of};
pub use gguf::write_gguf;
pub use numbers::Numbers;
pub use shape::Shape;
pub use tokenizer::{END_OF_TEXT, END_OF_TURN, Kind, TOKENS};
