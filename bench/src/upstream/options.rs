//! What is measured, and with which engine.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// vLLM, on the weights in bf16.
    Vllm,
    /// llama.cpp's server, on the file itself.
    LlamaCpp,
    /// Another of this server, on the file itself: what is added is then seen best.
    Own,
}

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The engine elsewhere
    #[arg(long, value_enum, default_value_t = Kind::Vllm)]
    pub(super) engine: Kind,
    /// A GGUF file; vLLM gets its weights in bf16. By default the real model of the tests,
    /// which is fetched
    #[arg(long)]
    pub(super) model: Option<PathBuf>,
    /// A folder with a model's files in bf16, in place of one that is made of --model
    #[arg(long)]
    pub(super) folder: Option<PathBuf>,
    /// A vLLM that runs that folder already, as 127.0.0.1:8000, with --max-logprobs 64 or more;
    /// by default one is installed into target/peers/vllm (6 GB) and started
    #[arg(long)]
    pub(super) vllm: Option<SocketAddr>,
    /// llama.cpp's server
    #[arg(long, default_value = "llama-server")]
    pub(super) llama_server: PathBuf,
    /// Numbers of clients, measured one after the other
    #[arg(long, value_delimiter = ',', default_value = "1,8,30")]
    pub(super) clients: Vec<usize>,
    /// Tokens in each client's prompt
    #[arg(long, default_value_t = 128)]
    pub(super) prompt: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 10)]
    pub(super) seconds: u64,
    /// Repetitions of each measurement; the median is reported
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,
}
