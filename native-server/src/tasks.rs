//! What the program does besides serving: listing and downloading models.

use std::fmt::Write;

use hub::{HubError, Preference, Reference};
use protocol::Precision;

use crate::loading::download;
use crate::{CachedModel, Catalogue, Config, HubSettings, ProgressLine};

/// Why a task was not done.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The hub, or what was asked of it.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The download.
    #[error("{0}")]
    Download(String),
    /// Nothing may be fetched.
    #[error("HF_HUB_OFFLINE says to fetch nothing. Take that variable away first.")]
    Offline,
}

/// The models in the cache, one in a line: the name, the size of its weights, and its
/// architecture or why it does not run.
pub fn list_models(config: &Config) -> String {
    let models = Catalogue::new(&config.model, &config.dist).cached();
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

/// Downloads a model; says where it is.
///
/// # Errors
/// If it cannot be had or kept.
pub fn download_model(config: &Config, id: &str) -> Result<String, TaskError> {
    let settings = HubSettings::of_this_machine()?;
    if settings.offline {
        return Err(TaskError::Offline);
    }
    let reference = Reference::parse(id, &settings.access.endpoint)?;
    let preference = match config.precision {
        Precision::F32 | Precision::F16 | Precision::Bf16 => Preference::Exact,
        Precision::Auto | Precision::Q8 | Precision::Q4 => Preference::Compact,
    };
    let offered = Catalogue::new("", &config.dist).offered();
    let line = ProgressLine::default();
    let tell = |done, total| {
        line.tell(done, total);
    };
    let location = download(&settings, &offered, &reference, preference, &tell)
        .map_err(|failure| TaskError::Download(failure.message))?;
    Ok(location.files())
}
