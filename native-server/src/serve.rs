//! From options to a running server.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use engine::LoadOptions;
use hub::{HubError, Preference};
use protocol::Precision;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::monotonic_ms;
use crate::loading::Loading;
use crate::{
    AppState, Catalogue, Config, DeviceError, EngineHandle, HubSettings, LocationError,
    app,
};

/// How long requests that are being answered may go on when the server stops.
const GRACE: Duration = Duration::from_secs(5);
/// How long the answers to those that were cut off may take.
const FAREWELL: Duration = Duration::from_secs(1);

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
    let catalogue = Catalogue::new(&config.model, &config.dist);
    let settings = HubSettings::of_this_machine()?;
    let place = catalogue.locate(&settings.access.endpoint, settings.offline)?;
    let opened = config.device.open()?;
    // A GPU takes 16-bit weights as they are.
    let exact = match config.precision {
        Precision::Auto => !opened.device.is_cpu(),
        precision => precision == Precision::F32,
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
    let name = catalogue.current().to_owned();
    let loading = Loading { place, name, settings, offered, preference, options };
    let engine =
        EngineHandle::start_told(config.engine_limits(), move |tell| loading.run(tell))
            .map_err(StartError::Thread)?;
    let state = AppState::new(engine, catalogue, config.dist.clone(), config.host);
    Ok(state.with_limits(config.limits()))
}

/// Serves until `stop`, then lets the requests under way end, within bounds.
///
/// # Errors
/// If the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let engine = state.engine().clone();
    if !listener.local_addr()?.ip().is_loopback() {
        tracing::warn!("Everyone who can reach this machine can use this server.");
    }
    let (stopping, stopped) = oneshot::channel();
    let graceful = axum::serve(listener, app(state)).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("Stopping.");
        // Fails only when the server has ended by itself.
        let _ = stopping.send(());
    });
    tokio::select! {
        result = graceful => result?,
        () = out_of_patience(stopped, &engine) => (),
    }
    engine.stop().await;
    Ok(())
}

/// Ends some time after `stopped`, never without it. Requests that take longer are told.
async fn out_of_patience(stopped: oneshot::Receiver<()>, engine: &EngineHandle) {
    if stopped.await.is_err() {
        return std::future::pending().await;
    }
    tokio::time::sleep(GRACE).await;
    engine.stop().await;
    tokio::time::sleep(FAREWELL).await;
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
