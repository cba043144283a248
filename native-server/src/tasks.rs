//! The program's tasks besides serving: listing and downloading models, and asking a running
//! server how it is.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

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
    /// The server is not ready, or not there.
    #[error("The server at port {port} is not ready: {reason}.")]
    NotReady {
        /// Where it was asked.
        port: u16,
        /// What came instead of an answer that it is ready.
        reason: String,
    },
}

/// A model may be in the middle of a long pass.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Asks the server that listens at the configured port of this machine whether its model is
/// ready. Returns a sentence.
///
/// # Errors
/// If it is not, or nothing answers within five seconds.
pub fn check_health(config: &Config) -> Result<String, TaskError> {
    let port = config.port;
    let not_ready = |reason: String| TaskError::NotReady { port, reason };
    let host = match config.host {
        // Whoever listens everywhere listens here.
        everywhere if everywhere.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host => host,
    };
    let answer = ask_health(SocketAddr::new(host, port));
    let answer = answer.map_err(|error| not_ready(error.to_string()))?;
    match answer.lines().next().and_then(|line| line.split(' ').nth(1)) {
        Some("200") => Ok(format!("The server at port {port} is ready.\n")),
        Some(status) => Err(not_ready(format!("it answered {status}"))),
        None => Err(not_ready("it gave no answer of HTTP".into())),
    }
}

/// The answer of `/healthz`, as it comes.
fn ask_health(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let question =
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(question.as_bytes())?;
    let mut answer = Vec::new();
    // Health is told in a few words: more would come from something else.
    stream.take(1 << 16).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
