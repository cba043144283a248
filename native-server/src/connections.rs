//! Connections: how many may be open, how slow they may be, and how they end.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutWriter;
use tower::{Service, ServiceExt};

use crate::http::plain;
use crate::{AppState, ServerLimits, app};

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
    let unencrypted = plain(state.clone())
        .map_request(|request: Request<Incoming>| request.map(Body::new));
    let mut stop = pin!(stop);
    loop {
        let (stream, permit) = tokio::select! {
            next = next(&listener, &permits) => next,
            () = &mut stop => break,
        };
        // Small answers are sent at once.
        let _ = stream.set_nodelay(true);
        let open = state.metrics.connections.clone();
        open.inc();
        let (http, tls, shutdown) = (http.clone(), state.tls.clone(), shutdown.clone());
        let (service, unencrypted) = (service.clone(), unencrypted.clone());
        tokio::spawn(async move {
            let ended = match tls {
                None => {
                    exchange(&http, bounded(stream, &limits), service, shutdown).await
                }
                Some(tls) => {
                    match timeout(limits.head_timeout, speaks_tls(&stream)).await {
                        Ok(Ok(true)) => {
                            let stream = bounded(stream, &limits);
                            let greeting = tls.acceptor.accept(stream);
                            match timeout(limits.head_timeout, greeting).await {
                                Ok(Ok(stream)) => {
                                    exchange(&http, stream, service, shutdown).await
                                }
                                Ok(Err(error)) => Err(error.into()),
                                Err(late) => Err(late.into()),
                            }
                        }
                        Ok(Ok(false)) => {
                            let stream = bounded(stream, &limits);
                            exchange(&http, stream, unencrypted, shutdown).await
                        }
                        Ok(Err(error)) => Err(error.into()),
                        Err(late) => Err(late.into()),
                    }
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

/// A stream whose writes may make no progress only for so long.
fn bounded(
    stream: TcpStream,
    limits: &ServerLimits,
) -> Pin<Box<TimeoutWriter<TcpStream>>> {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limits.write_timeout));
    Box::pin(stream)
}

/// Whether a client begins as TLS does, with a record of the handshake (RFC 8446, 5.1).
async fn speaks_tls(stream: &TcpStream) -> io::Result<bool> {
    const HANDSHAKE: u8 = 22;
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0] == HANDSHAKE)
}

/// Answers the requests of a connection until it ends, or all have to.
async fn exchange<S, T>(
    http: &http1::Builder,
    stream: S,
    service: T,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Service<Request<Incoming>, Response = Response> + Clone + Send + 'static,
    T::Future: Send,
    T::Error: Into<BoxError>,
{
    let service = TowerToHyperService::new(service);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    tokio::select! {
        ended = connection.as_mut() => ended?,
        _ = shutdown.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await?;
        }
    }
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
