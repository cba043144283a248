//! The state that all routes share.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::class::Rooms;
use crate::clock::system_clock;
use crate::metrics::Metrics;
use crate::{Access, EngineHandle, ServerLimits, ServerModels, SharedHub, Tls};

/// The state that all routes share. Clones share it, too.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: EngineHandle,
    pub(crate) models: Arc<ServerModels>,
    /// The folder of the site.
    pub(crate) dist: PathBuf,
    pub(crate) access: Arc<Access>,
    pub(crate) hub: SharedHub,
    /// One permit for each page that may be connected.
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) limits: ServerLimits,
    pub(crate) metrics: Metrics,
    /// The classes that play.
    pub(crate) rooms: Rooms,
    /// What connections are encrypted with, if they are.
    pub(crate) tls: Option<Tls>,
    /// When the server began, in seconds since 1970.
    pub(crate) started: i64,
}

impl AppState {
    /// The state of a server that serves the site in the folder `dist` and lets in whom
    /// `access` names.
    pub fn new(
        engine: EngineHandle,
        models: ServerModels,
        dist: PathBuf,
        access: Access,
        limits: ServerLimits,
    ) -> AppState {
        let started = (system_clock().unix_seconds)();
        AppState {
            engine,
            models: Arc::new(models),
            dist,
            access: Arc::new(access),
            hub: SharedHub::of_this_machine(),
            sockets: Arc::new(Semaphore::new(limits.sockets)),
            limits,
            metrics: Metrics::new(),
            rooms: Rooms::default(),
            tls: None,
            started,
        }
    }

    /// The same, which shares the models of `hub` instead of those in this machine's cache.
    #[must_use]
    pub fn sharing(self, hub: SharedHub) -> AppState {
        AppState { hub, ..self }
    }

    /// The same, with connections that are encrypted if there is something to do it with.
    #[must_use]
    pub fn encrypting(self, tls: Option<Tls>) -> AppState {
        AppState { tls, ..self }
    }

    /// The engine behind the routes.
    pub fn engine(&self) -> &EngineHandle {
        &self.engine
    }

    /// Waits until no page is connected any more.
    pub(crate) async fn all_pages_left(&self) {
        let all = self.limits.sockets as u32;
        // The semaphore is never closed.
        let _ = self.sockets.acquire_many(all).await;
    }
}
