//! A model's files, from bytes to weights in memory.
//!
//! The crate has no I/O of its own: it reads through the trait [`ModelFile`]. Files are
//! not trusted: every size is checked before memory is allocated.

pub mod config;
mod error;
mod family;
mod file;
mod files;
pub mod gguf;
pub mod memory;
pub mod python_json;
pub mod weights;

pub use error::{ModelFileError, Result};
pub use family::{Family, SUPPORTED};
pub use file::{BoxedFile, ModelFile, SharedFile, part};
pub use files::{ModelFiles, WeightFiles};
