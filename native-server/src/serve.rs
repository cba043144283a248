//! From options to a running server.

use std::io;
use std::net::{IpAddr, SocketAddr};

use engine::LoadOptions;
use hub::{HubError, Preference};
use protocol::Precision;
use tokio::net::TcpListener;

use crate::clock::monotonic_ms;
use crate::elsewhere::{Chosen, ElsewhereLoad, Engine};
use crate::loading::ModelLoad;
use crate::tls::names;
use crate::{
    AppState, Config, DeviceError, EngineHandle, HubSettings, LocationError,
    ServerModels, SharedHub, TlsError,
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the port.
    #[error(
        "Port {0} is in use: another program listens there, perhaps this server itself. \
         Stop that, or choose another port with --port."
    )]
    PortInUse(u16),
    /// The system refuses the address.
    #[error("Cannot listen on {address}: {reason}.")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// The model was not found.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The settings of the hub are not valid.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The token is not valid.
    #[error("The token cannot be used: {0}.")]
    Token(String),
    /// Connections cannot be encrypted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The engine elsewhere cannot be asked.
    #[error("{0}")]
    Upstream(String),
    /// It is not known which tokenizer it has.
    #[error(
        "Name the model that the engine elsewhere runs with --model: a folder or .gguf file, or \
         a model in the Hugging Face cache. Its tokenizer is used here; its weights are not."
    )]
    NoTokenizer,
    /// The system gives no thread to run the model.
    #[error("Cannot start the engine: {0}.")]
    Thread(io::Error),
}

/// Binds the port. This comes before anything is loaded, so that a second server fails at
/// once.
///
/// # Errors
/// If the port cannot be bound.
pub async fn bind(config: &Config) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(config.host, config.port);
    TcpListener::bind(address).await.map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(config.port),
        _ => StartError::Bind { address, reason },
    })
}

/// The state of a server with these options. The model is found now; it is downloaded and
/// loaded in a thread of its own, while the server answers.
///
/// # Errors
/// If there is no such model or device.
pub fn state(config: &Config) -> Result<AppState, StartError> {
    let access = config.access().map_err(StartError::Token)?;
    let hosts = access.hosts.iter().map(|host| host.0.clone());
    let tls = config.tls.open(|| names(config.host, hosts))?;
    let settings = HubSettings::of_this_machine()?;
    let mut hub = SharedHub::new(settings.cache.clone());
    if config.hub_fetch {
        hub = hub.fetching(&settings, config.fetch_limits());
    }
    let dist = config.dist.clone();
    let engines = config.upstream.engines().map_err(StartError::Upstream)?;
    let (engine, models) = match engines.is_empty() {
        false => connecting(config, &settings, engines)?,
        true => loading(config, settings)?,
    };
    let state = AppState::new(engine, models, dist, access, config.limits());
    Ok(state.sharing(hub).encrypting(tls))
}

/// An engine that connects to one elsewhere, and those that pages can choose in its place.
fn connecting(
    config: &Config,
    settings: &HubSettings,
    engines: Vec<Chosen>,
) -> Result<(EngineHandle, ServerModels), StartError> {
    let mut of_first = None;
    let mut list = Vec::new();
    for (at, chosen) in engines.into_iter().enumerate() {
        // --model is said of the engine that is asked first.
        let named = match (config.model.as_str(), &chosen.tokenizer) {
            ("", None) if at == 0 => return Err(StartError::NoTokenizer),
            (named, None) => named,
            (named, Some(_)) if at == 0 && !named.is_empty() => named,
            (_, Some(listed)) => listed,
        };
        let tokenizer =
            ServerModels::new(named, &config.dist).with_hub(&settings.access.endpoint);
        of_first.get_or_insert_with(|| tokenizer.clone());
        list.push(Engine { chosen, tokenizer });
    }
    let names = list.iter().filter_map(|engine| engine.chosen.name.clone()).collect();
    let models = of_first
        .ok_or(StartError::NoTokenizer)?
        .letting_pages_choose(config.lets_pages_choose())
        .running_elsewhere(names);
    let mut load = ElsewhereLoad::new(list, models.clone());
    let engine = EngineHandle::start(config.engine_limits(), move |_| load.run());
    Ok((engine.map_err(StartError::Thread)?, models))
}

/// An engine that loads a model, and the models of this machine.
fn loading(
    config: &Config,
    settings: HubSettings,
) -> Result<(EngineHandle, ServerModels), StartError> {
    let models = ServerModels::new(&config.model, &config.dist)
        .with_hub(&settings.access.endpoint)
        .letting_pages_choose(config.lets_pages_choose());
    let place = models.locate(settings.offline)?;
    let opened = config.device.open()?;
    let preference = match config.precision {
        // A GPU takes 16-bit weights as they are.
        Precision::Auto if !opened.device.is_cpu() => Preference::Exact,
        Precision::F32 | Precision::F16 | Precision::Bf16 => Preference::Exact,
        Precision::Auto | Precision::Q8 => Preference::Compact,
        Precision::Q4 => Preference::Small,
    };
    let options = LoadOptions {
        precision: config.precision,
        device: opened.device,
        device_name: opened.name,
        threads: opened.threads,
        start_thread: |body| std::thread::Builder::new().spawn(body).is_ok(),
        clock_ms: monotonic_ms,
    };
    let offered = models.offered();
    let name = models.id();
    let (choice, loaded) = (models.clone(), None);
    let mut loading = ModelLoad {
        place,
        name,
        models: choice,
        loaded,
        settings,
        offered,
        preference,
        options,
    };
    let engine =
        EngineHandle::start(config.engine_limits(), move |report| loading.run(report))
            .map_err(StartError::Thread)?;
    Ok((engine, models))
}

/// Waits until the program is asked to end, by Ctrl-C or SIGTERM.
pub async fn interrupted() {
    let interrupt = async {
        // Without Ctrl-C, only the other signal can come.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = interrupt => (),
                _ = terminate.recv() => (),
            }
            return;
        }
    }
    interrupt.await;
}

/// The address to open in a browser, with `localhost` for loopback addresses: browsers treat
/// that name as a secure context.
///
/// ```
/// let address = "127.0.0.1:5005".parse().unwrap();
/// assert_eq!(native_server::url(address, false), "http://localhost:5005");
/// ```
pub fn url(address: SocketAddr, encrypts: bool) -> String {
    let scheme = if encrypts { "https" } else { "http" };
    let port = address.port();
    match address.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => {
            format!("{scheme}://localhost:{port}")
        }
        IpAddr::V4(ip) => format!("{scheme}://{ip}:{port}"),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]:{port}"),
    }
}
