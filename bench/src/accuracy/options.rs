//! The options of the command line.

use std::path::PathBuf;

use protocol::Precision;

use crate::native::precision;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A GGUF file; the default is the real model of the tests
    #[arg(long)]
    pub(super) model: Option<PathBuf>,
    /// What another program says of this model in f32, as JSON; the default is what candle
    /// says in the same run
    #[arg(long)]
    pub(super) reference: Option<PathBuf>,
    /// A text file, whose beginning is scored; the default is the reference's text, or
    /// docs/decisions.md
    #[arg(long, conflicts_with = "reference")]
    pub(super) text: Option<PathBuf>,
    /// The most tokens of the text that are scored
    #[arg(long, default_value_t = 512)]
    pub(super) length: usize,
    /// The number format of the weights in this engine's builds
    #[arg(long, default_value = "auto", value_parser = precision)]
    pub(super) precision: Precision,
    /// Only these, of native, browser, llama-cpp and wllama
    #[arg(long, value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    pub(super) threads: u32,
    /// Tokens in the prompt that speeds are measured with
    #[arg(long, default_value_t = 128)]
    pub(super) prompt: u32,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    pub(super) tokens: u32,
    /// Measurements of speeds; 0 for none
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: u32,
    /// Print a line of JSON for each engine instead of a table
    #[arg(long)]
    pub(super) json: bool,
}
