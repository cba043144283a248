//! Connections: how many there may be, how slow they may be, and how they end.

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

/// How long requests that are being answered may go on when the server stops.
const GRACE: Duration = Duration::from_secs(5);
/// How long the answers to those that were cut off may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Until the next try where no connection can be taken, for want of file handles most often.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop`, then lets the requests under way end, within bounds.
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
    // Each connection takes a handle, and systems are sparing with those at first.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!("the limit of open files stays: {error}");
    }
    let limits = state.limits;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let places = Arc::new(Semaphore::new(limits.connections));
    // Told to each connection; closed when all have ended.
    let (closing, told) = watch::channel(false);
    let service = app(state.clone())
        .map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut stop = pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            next = next(&listener, &places) => next,
            () = &mut stop => break,
        };
        // Small answers should not wait for more.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_time));
        let stream = TokioIo::new(Box::pin(stream));
        let service = TowerToHyperService::new(service.clone());
        let connection = http.serve_connection(stream, service).with_upgrades();
        let open = state.metrics.connections.clone();
        open.inc();
        let mut told = told.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = told.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!("a connection ended: {error}");
            }
            open.dec();
            drop(place);
        });
    }
    tracing::info!("Stopping.");
    drop(listener);
    drop(told);
    // Nobody listens if there is no connection.
    let _ = closing.send(true);
    // Those that take longer are cut off, and told.
    let _ = tokio::time::timeout(GRACE, closing.closed()).await;
    state.engine.stop().await;
    let farewell = async {
        closing.closed().await;
        state.all_pages_left().await;
    };
    // Who does not listen any more is not waited for.
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    Ok(())
}

/// The next connection, and its place among those that there may be.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // It is never closed.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
