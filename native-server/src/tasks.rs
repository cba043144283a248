//! The program's tasks besides serving: listing and downloading models.

use std::fmt::Write;

use hub::{HubError, Preference, Reference};
use protocol::Precision;

use crate::loading::download;
use crate::{CachedModel, Config, HubSettings, ProgressLine, ServerModels};

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The settings of the hub, or the name of the model.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The download.
    #[error("{0}")]
    Download(String),
    /// The settings forbid downloads.
    #[error("HF_HUB_OFFLINE says to fetch nothing. Take that variable away first.")]
    Offline,
}

/// The models in the cache, one per line: the name, the size of the weights, and the
/// architecture or why the model does not run.
pub fn list_models(config: &Config) -> String {
    let models = ServerModels::new(&config.model, &config.dist).cached();
    let width = models.iter().map(|model| model.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for CachedModel { id, bytes, runs } in &models {
        let size = format!("{:.1} MB", *bytes as f64 / 1e6);
        // Writing to a string does not fail.
        let _ = match runs {
            Ok(architecture) => writeln!(text, "{id:width$}  {size:>10}  {architecture}"),
            Err(reason) => {
                writeln!(text, "{id:width$}  {size:>10}  does not run: {reason}")
            }
        };
    }
    if models.is_empty() {
        text.push_str("There are no models in the Hugging Face cache.\n");
    }
    text
}

/// Downloads a model. Returns the paths of its weights, one per line.
///
/// # Errors
/// If it cannot be fetched or stored.
pub fn download_model(config: &Config, id: &str) -> Result<String, TaskError> {
    let settings = HubSettings::of_this_machine()?;
    if settings.offline {
        return Err(TaskError::Offline);
    }
    let reference = Reference::parse(id, &settings.access.endpoint)?;
    let preference = match config.precision {
        Precision::F32 | Precision::F16 | Precision::Bf16 => Preference::Exact,
        Precision::Auto | Precision::Q8 => Preference::Compact,
        Precision::Q4 => Preference::Small,
    };
    let offered = ServerModels::new("", &config.dist).offered();
    let line = ProgressLine::default();
    let report = |done, total| {
        line.update(done, total);
    };
    let location = download(&settings, &offered, &reference, preference, &report)
        .map_err(|failure| TaskError::Download(failure.message))?;
    Ok(location.files())
}
