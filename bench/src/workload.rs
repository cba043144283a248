//! What every engine is given in a comparison.

use std::path::PathBuf;

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
