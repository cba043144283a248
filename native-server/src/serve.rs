//! From options to a running server.

use std::io;
use std::net::{IpAddr, SocketAddr};

use engine::LoadOptions;
use hub::{HubError, Preference};
use protocol::Precision;
use tokio::net::TcpListener;

use crate::clock::monotonic_ms;
use crate::loading::Loading;
use crate::{
    AppState, Catalogue, Config, DeviceError, EngineHandle, HubSettings, LocationError,
    SharedHub,
};

/// Why a server does not start.
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
    /// The model is not there.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The hub's settings make no sense.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The device is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The token can be none.
    #[error("The token cannot be used: {0}.")]
    Token(String),
    /// The system gives no thread to run the model.
    #[error("Cannot start the engine: {0}.")]
    Thread(io::Error),
}

/// Takes the port, so that a second server fails before it loads a model.
///
/// # Errors
/// If the port cannot be had.
pub async fn bind(config: &Config) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(config.host, config.port);
    TcpListener::bind(address).await.map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(config.port),
        _ => StartError::Bind { address, reason },
    })
}

/// Finds the model and the device and begins to download, if need be, and to load;
/// answers while that goes on.
///
/// # Errors
/// If there is no such model or device.
pub fn state(config: &Config) -> Result<AppState, StartError> {
    let access = config.access().map_err(StartError::Token)?;
    let settings = HubSettings::of_this_machine()?;
    let catalogue =
        Catalogue::new(&config.model, &config.dist).with_hub(&settings.access.endpoint);
    let place = catalogue.locate(settings.offline)?;
    let opened = config.device.open()?;
    // A GPU takes 16-bit weights as they are.
    let exact = match config.precision {
        Precision::Auto => !opened.device.is_cpu(),
        Precision::F32 | Precision::F16 | Precision::Bf16 => true,
        Precision::Q8 | Precision::Q4 => false,
    };
    let preference = if exact { Preference::Exact } else { Preference::Compact };
    let options = LoadOptions {
        precision: config.precision,
        device: opened.device,
        device_name: opened.name,
        threads: opened.threads,
        start_thread: |body| std::thread::Builder::new().spawn(body).is_ok(),
        clock_ms: monotonic_ms,
    };
    let offered = catalogue.offered();
    let name = catalogue.id();
    let mut hub = SharedHub::new(settings.cache.clone());
    if config.hub_fetch {
        hub = hub.fetching(&settings, config.fetch_limits());
    }
    let loading = Loading { place, name, settings, offered, preference, options };
    let engine = EngineHandle::start_with_progress(config.engine_limits(), move |tell| {
        loading.run(tell)
    })
    .map_err(StartError::Thread)?;
    let dist = config.dist.clone();
    let state = AppState::new(engine, catalogue, dist, access, config.limits());
    Ok(state.sharing(hub))
}

/// Ends when a person or the system asks the program to.
pub async fn interrupted() {
    let interrupt = async {
        // Without that signal, only the other one can come.
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

/// The address to open in a browser. It says `localhost` for loopback, because browsers
/// trust that name.
pub fn url(address: SocketAddr) -> String {
    let port = address.port();
    match address.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => {
            format!("http://localhost:{port}")
        }
        IpAddr::V4(ip) => format!("http://{ip}:{port}"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}"),
    }
}
