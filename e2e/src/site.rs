//! A plain static host, as people put the site on one.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// Whether the host sends the headers that isolate a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// As most static hosts.
    Plain,
    /// `Cross-Origin-Opener-Policy` and `Cross-Origin-Embedder-Policy`.
    Isolating,
}

/// A running host of the built site, with folders beside it.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    path: String,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves the site at `path`, such as `/` or `/some/where/`, with `folders` at their
    /// names beneath it. `blank.html` is a page without a script.
    ///
    /// # Panics
    /// If the site is not built, or no port is free.
    pub async fn start(path: &str, headers: Headers, folders: &[(&str, &Path)]) -> Site {
        let mut router = Router::new()
            .route("/blank.html", get(|| async { Html("<title>blank</title>") }));
        for (name, folder) in folders {
            router = router.nest_service(&format!("/{name}"), ServeDir::new(folder));
        }
        router = router.fallback_service(ServeDir::new(crate::dist()));
        let mut router = match path {
            "/" => router,
            path => Router::new().nest(path.trim_end_matches('/'), router),
        };
        if headers == Headers::Isolating {
            for (name, value) in [
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-embedder-policy", "require-corp"),
            ] {
                router = router.layer(SetResponseHeaderLayer::overriding(
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                ));
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a static host does not fail");
        });
        Site { address, path: path.to_owned(), server }
    }

    /// The address of a file of the site.
    pub fn url(&self, file: &str) -> String {
        format!("http://{}{}{file}", self.address, self.path)
    }

    /// Ends the host, as when the network goes.
    pub fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
    }
}
