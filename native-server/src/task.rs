//! What the program does.

use clap::Subcommand;

/// A task besides serving.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// List the models in the Hugging Face cache, by names that --model takes
    ListModels,
    /// Download a model of the hub into the Hugging Face cache
    Download {
        /// owner/name, owner/name@revision, owner/name/file.gguf or the address of the model
        id: String,
    },
    /// Ask the server at --port of this machine whether it is ready: for containers and service
    /// managers
    CheckHealth,
}
