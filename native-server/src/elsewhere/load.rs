//! Connecting to the engine elsewhere, in the place of loading a model.

use engine::Session;
use protocol::{ErrorCode, Failure};

use super::files::text_files;
use super::options::Chosen;
use crate::ServerModels;

/// Which engine to connect to, and whose tokenizer it has.
#[derive(Debug)]
pub(crate) struct ElsewhereLoad {
    engines: Vec<Engine>,
    /// Which of them was chosen.
    models: ServerModels,
    /// The choice that could be connected to last.
    connected: Option<String>,
}

/// An engine, and where its tokenizer is looked for.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) chosen: Chosen,
    pub(crate) tokenizer: ServerModels,
}

impl ElsewhereLoad {
    /// Connects to the first of `engines`, or to what pages have chosen of `models` since.
    pub(crate) fn new(engines: Vec<Engine>, models: ServerModels) -> ElsewhereLoad {
        ElsewhereLoad { engines, models, connected: None }
    }

    /// Connects. An engine that was chosen and cannot be used is no longer chosen.
    ///
    /// # Errors
    /// If the engine cannot be used, or the tokenizer cannot be found; it is also logged.
    pub(crate) fn run(&mut self) -> Result<Session, Failure> {
        let chosen = self.models.chosen();
        let name = |engine: &&Engine| chosen.is_some() && engine.chosen.name == chosen;
        let engine = self.engines.iter().find(name).or(self.engines.first());
        let connected = engine.ok_or_else(none_is_named).and_then(Engine::connect);
        if let Err(failure) = &connected {
            let hint = failure.hint.as_deref().unwrap_or_default();
            tracing::error!(
                "The engine elsewhere cannot be used. {} {hint}",
                failure.message
            );
        }
        match (&connected, self.models.chosen() == chosen) {
            (Ok(_), _) => self.connected = chosen,
            (Err(_), true) => self.models.set_chosen(self.connected.clone()),
            // Another one was chosen meanwhile.
            (Err(_), false) => {}
        }
        connected
    }
}

impl Engine {
    fn connect(&self) -> Result<Session, Failure> {
        let files = text_files(&self.tokenizer).map_err(|error| {
            tracing::error!("{error}");
            let (code, message) = (ErrorCode::InvalidModelFile, error.for_others());
            Failure { code, message, hint: None }
        })?;
        let connected = upstream::connect(&self.chosen.settings, &files)?;
        tracing::info!("Connected to {}", connected.found);
        Ok(connected.session)
    }
}

fn none_is_named() -> Failure {
    let message = "No engine elsewhere is named.".into();
    Failure { code: ErrorCode::Internal, message, hint: None }
}
