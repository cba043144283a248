//! What every engine is given in a comparison.

use std::path::PathBuf;

use clap::ValueEnum;

/// A model, a prompt, and tokens after it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Workload {
    /// A GGUF file
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: u32,
    /// Tokens in the prompt
    #[arg(long, default_value_t = 128)]
    pub(crate) prompt: u32,
    /// Tokens that are then decoded one by one
    #[arg(long, default_value_t = 64)]
    pub(crate) tokens: u32,
    /// Rounds of each engine in each turn
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: u32,
    /// In the browser: the GPU by WebGPU, for all engines that have a way to use it
    #[arg(long, default_value = "none")]
    pub(crate) gpu: Gpu,
}

/// The GPU that a browser has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gpu {
    /// None: engines run on the processor
    #[default]
    None,
    /// One in software, to try the measurement itself
    Software,
    /// This machine's
    Real,
}

impl From<Gpu> for e2e::Gpu {
    fn from(gpu: Gpu) -> e2e::Gpu {
        match gpu {
            Gpu::None => e2e::Gpu::None,
            Gpu::Software => e2e::Gpu::Software,
            Gpu::Real => e2e::Gpu::Real,
        }
    }
}

impl Workload {
    /// The command line options of all that is not the model, as programs take them.
    pub(crate) fn options(&self) -> Vec<String> {
        [
            ("--threads", self.threads),
            ("--prompt", self.prompt),
            ("--tokens", self.tokens),
            ("--rounds", self.rounds),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value.to_string()])
        .collect()
    }
}
