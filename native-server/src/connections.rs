//! Connections: how many may be open, how slow they may be, and how they end.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutWriter;
use tower::ServiceExt;

use crate::{AppState, app};

/// How long requests may still be answered when the server stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// How long connections may take to close after that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause after a connection could not be accepted, most often for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` ends, then lets running requests end within bounded time.
///
/// # Errors
/// If the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && state.access.token.is_none() {
        tracing::warn!(
            "Everyone who can reach this machine can use this server. --token makes them \
             know something first."
        );
    }
    // Each connection takes a file handle, and the default limits of systems are low.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!("the limit of open files stays: {error}");
    }
    let limits = state.limits;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    let permits = Arc::new(Semaphore::new(limits.connections));
    // Each connection has a receiver, so the channel is closed when all have ended.
    let (closing, shutdown) = watch::channel(false);
    let service = app(state.clone())
        .map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut stop = pin!(stop);
    loop {
        let (stream, permit) = tokio::select! {
            next = next(&listener, &permits) => next,
            () = &mut stop => break,
        };
        // Small answers are sent at once.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_timeout));
        let stream = TokioIo::new(Box::pin(stream));
        let service = TowerToHyperService::new(service.clone());
        let connection = http.serve_connection(stream, service).with_upgrades();
        let open = state.metrics.connections.clone();
        open.inc();
        let mut shutdown = shutdown.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = shutdown.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!("a connection ended: {error}");
            }
            open.dec();
            drop(permit);
        });
    }
    tracing::info!("Stopping.");
    drop(listener);
    drop(shutdown);
    // There is no receiver if there is no connection.
    let _ = closing.send(true);
    // Requests that take longer are ended by the end of the engine, with an error.
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, closing.closed()).await;
    state.engine.stop().await;
    let closed = async {
        closing.closed().await;
        state.all_pages_left().await;
    };
    // A client that does not read is not waited for.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
    Ok(())
}

/// The next connection, with one of the permits for connections.
async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = permits.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
