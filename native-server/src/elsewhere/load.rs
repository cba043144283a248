//! Connecting to the engine elsewhere, in the place of loading a model.

use engine::Session;
use protocol::{ErrorCode, Failure};

use super::files::text_files;
use super::options::Chosen;
use crate::ServerModels;

/// Which engine to connect to, and whose tokenizer it has.
#[derive(Debug)]
pub(crate) struct ElsewhereLoad {
    pub(crate) chosen: Chosen,
    pub(crate) models: ServerModels,
}

impl ElsewhereLoad {
    /// Connects.
    ///
    /// # Errors
    /// If the engine cannot be used, or the tokenizer cannot be found; it is also logged.
    pub(crate) fn run(&self) -> Result<Session, Failure> {
        let connected = text_files(&self.models)
            .map_err(|error| {
                tracing::error!("{error}");
                let (code, message) = (ErrorCode::InvalidModelFile, error.for_others());
                Failure { code, message, hint: None }
            })
            .and_then(|files| upstream::connect(&self.chosen.settings, &files));
        match connected {
            Ok(connected) => {
                tracing::info!("Connected to {}", connected.found);
                Ok(connected.session)
            }
            Err(failure) => {
                let hint = failure.hint.as_deref().unwrap_or_default();
                tracing::error!(
                    "The engine elsewhere cannot be used. {} {hint}",
                    failure.message
                );
                Err(failure)
            }
        }
    }
}
