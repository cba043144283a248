//! Loading the model that the server runs: it is downloaded first if it is not here.

use engine::{LoadOptions, Session};
use hub::{HubError, Preference, Reference};
use protocol::{ErrorCode, Failure, Phase, Progress};

use crate::{
    HttpTransport, HubSettings, ModelLocation, ModelPlace, ProgressLine, ServerModels,
    fetch_model,
};

/// Which model to load, and how.
#[derive(Debug)]
pub(crate) struct ModelLoad {
    /// The model that the server begins with.
    pub(crate) place: ModelPlace,
    /// Its name.
    pub(crate) name: String,
    /// Which one was chosen since.
    pub(crate) models: ServerModels,
    /// The choice that could be loaded last.
    pub(crate) loaded: Option<String>,
    pub(crate) settings: HubSettings,
    pub(crate) offered: hub::Catalogue,
    pub(crate) preference: Preference,
    pub(crate) options: LoadOptions,
}

impl ModelLoad {
    /// Downloads the model if it is not here, and loads it. Reports progress to `report`. One that
    /// was chosen and cannot be loaded is no longer chosen.
    ///
    /// # Errors
    /// If the model cannot be downloaded or loaded, which is also logged.
    pub(crate) fn run(&mut self, report: &dyn Fn(Progress)) -> Result<Session, Failure> {
        let chosen = self.models.chosen();
        let session = self
            .located(report)
            .and_then(|location| load(&location, &self.options, report));
        if let Err(failure) = &session {
            let hint = failure.hint.as_deref().unwrap_or_default();
            tracing::error!("The model could not be loaded. {} {hint}", failure.message);
        }
        match (&session, self.models.chosen() == chosen) {
            (Ok(_), _) => self.loaded = chosen,
            (Err(_), true) => self.models.set_chosen(self.loaded.clone()),
            // Another one was chosen meanwhile.
            (Err(_), false) => {}
        }
        session
    }

    fn located(&self, report: &dyn Fn(Progress)) -> Result<ModelLocation, Failure> {
        if let Some(chosen) = self.models.chosen() {
            return match self.models.locate(true) {
                Ok(ModelPlace::Here(location)) => Ok(location),
                Ok(ModelPlace::OnHub(_)) | Err(_) => Err(no_longer_here(&chosen)),
            };
        }
        match &self.place {
            ModelPlace::Here(location) => Ok(location.clone()),
            ModelPlace::OnHub(reference) => {
                tracing::info!("Downloading {}.", self.name);
                let line = ProgressLine::default();
                let report_bytes = |done, total| {
                    let per_second = line.update(done, total);
                    let (phase, total) = (Phase::Download, Some(total));
                    report(Progress { phase, done, total, per_second });
                };
                let ModelLoad { settings, offered, preference, .. } = self;
                let location =
                    download(settings, offered, reference, *preference, &report_bytes)?;
                Ok(location.named(self.name.clone()))
            }
        }
    }
}

fn no_longer_here(name: &str) -> Failure {
    let message = format!("{name} is no longer on the server, or no longer complete.");
    Failure { code: ErrorCode::InvalidModelFile, message, hint: None }
}

/// Downloads a model in this thread. `report` hears how many bytes of how many are there.
///
/// # Errors
/// If it cannot be fetched or stored.
pub(crate) fn download(
    settings: &HubSettings,
    offered: &hub::Catalogue,
    reference: &Reference,
    preference: Preference,
    report: &dyn Fn(u64, u64),
) -> Result<ModelLocation, Failure> {
    let failed =
        |message: String| Failure { code: ErrorCode::Network, message, hint: None };
    let transport = HttpTransport::new().map_err(|error| failed(error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    let fetched = runtime
        .block_on(fetch_model(
            &transport, settings, offered, reference, preference, report,
        ))
        .map_err(|error: HubError| failed(error.to_string()))?;
    let name = reference.id.as_str();
    Ok(ModelLocation::fetched(name, fetched.folder, fetched.weights))
}

/// Loads a model from its files.
fn load(
    location: &ModelLocation,
    options: &LoadOptions,
    report: &dyn Fn(Progress),
) -> Result<Session, Failure> {
    let started = std::time::Instant::now();
    let session = location
        .open()
        .map_err(|error| {
            tracing::error!("{error}");
            let (code, message) = (ErrorCode::InvalidModelFile, error.for_others());
            Failure { code, message, hint: None }
        })
        .and_then(|files| {
            Session::load(files, options, &mut |progress| report(progress))
                .map_err(|error| error.failure())
        });
    if let Ok(session) = &session {
        let model = session.description();
        let seconds = started.elapsed().as_secs_f32();
        let (name, formats, device) = (&model.name, model.formats(), &model.device);
        tracing::info!("{name} is ready: {formats}, on {device}, in {seconds:.1} s.");
    }
    session
}
