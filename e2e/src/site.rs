//! A plain static host for the site.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Whether the host sends the headers that isolate a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// It does not, as most static hosts.
    Plain,
    /// It sends `Cross-Origin-Opener-Policy` and `Cross-Origin-Embedder-Policy`.
    Isolating,
}

/// A running host of the built site.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    path: String,
    /// How often the page was requested.
    visits: Arc<AtomicUsize>,
    /// The paths of all GET requests, in order.
    asked: Arc<Mutex<Vec<String>>>,
    /// Its own runtime, so that ending it also ends the connections.
    server: Mutex<Option<Runtime>>,
}

/// How a host differs from one that serves the built site at its root.
#[derive(Clone, Copy, Debug)]
pub struct Hosting<'a> {
    /// Where the site is, such as `/` or `/some/where/`.
    pub path: &'a str,
    /// Which headers it sends.
    pub headers: Headers,
    /// Folders that are served at these names beneath the site.
    pub folders: &'a [(&'a str, &'a Path)],
    /// The site's folder, if it is not the built one.
    pub dist: Option<&'a Path>,
    /// The delay of the service worker's script.
    pub service_worker_after: Duration,
}

impl Default for Hosting<'_> {
    fn default() -> Self {
        Hosting {
            path: "/",
            headers: Headers::Plain,
            folders: &[],
            dist: None,
            service_worker_after: Duration::ZERO,
        }
    }
}

impl Site {
    /// Serves the site at `path`, such as `/` or `/some/where/`, with `folders` at their
    /// names beneath it. `blank.html` is a page without a script.
    ///
    /// # Panics
    /// If the site is not built, or no port is free.
    pub async fn start(path: &str, headers: Headers, folders: &[(&str, &Path)]) -> Site {
        Site::hosted(Hosting { path, headers, folders, ..Hosting::default() })
    }

    /// Serves a site.
    ///
    /// # Panics
    /// If it is not built, or no port is free.
    pub fn hosted(hosting: Hosting<'_>) -> Site {
        let Hosting { path, headers, folders, dist, service_worker_after } = hosting;
        let dist = dist.map_or_else(crate::dist, Path::to_owned);
        let mut router = Router::new()
            .route("/blank.html", get(|| async { Html("<title>blank</title>") }));
        for (name, folder) in folders {
            router = router.nest_service(&format!("/{name}"), ServeDir::new(folder));
        }
        let visits = Arc::new(AtomicUsize::new(0));
        let count = visits.clone();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let note = asked.clone();
        let watch = move |request: Request, next: Next| {
            let count = count.clone();
            if request.method() == Method::GET {
                let mut asked = note.lock().unwrap_or_else(PoisonError::into_inner);
                asked.push(request.uri().path().to_owned());
            }
            async move {
                match request.uri().path() {
                    path if path.ends_with('/') || path.ends_with("/index.html") => {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    path if path.ends_with("/service-worker.js") => {
                        tokio::time::sleep(service_worker_after).await;
                    }
                    _ => {}
                }
                match odd_answer(&request) {
                    Some(answer) => answer,
                    None => next.run(request).await,
                }
            }
        };
        let page = ServeFile::new(dist.join("index.html"));
        let router = router.fallback_service(ServeDir::new(dist));
        let router = match path {
            "/" => router,
            // The path of the folder itself is not nested in it.
            path => Router::new()
                .nest(path.trim_end_matches('/'), router)
                .route_service(path, page),
        };
        let mut router = router.layer(from_fn(watch));
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
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a thread can be started");
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        listener.set_nonblocking(true).expect("a socket can be used so");
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("it is a socket");
            axum::serve(listener, router).await.expect("a static host does not fail");
        });
        let path = path.to_owned();
        Site { address, path, visits, asked, server: Mutex::new(Some(runtime)) }
    }

    /// The address of a file of the site.
    pub fn url(&self, file: &str) -> String {
        format!("http://{}{}{file}", self.address, self.path)
    }

    /// How often the page was sent.
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }

    /// How often a file was sent, whatever folder it is in.
    pub fn bodies_of(&self, file: &str) -> usize {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|path| path.rsplit('/').next() == Some(file)).count()
    }

    /// Ends the host and its connections, as when the network goes.
    pub fn stop(&self) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = server.take() {
            server.shutdown_background();
        }
    }
}

/// Answers that differ from the files of the site, which some tests need: to a query, to a
/// person who is signed in, or by a redirect, a script that says `odd`; and a web page in place
/// of a file.
fn odd_answer(request: &Request) -> Option<Response> {
    let (headers, path) = (request.headers(), request.uri().path());
    if path.ends_with("/web-page.gguf") {
        return Some(Html("<title>Sign in</title>").into_response());
    }
    if headers.contains_key("x-elsewhere") && path != "/blank.js" {
        return Some(Redirect::temporary("/blank.js?odd").into_response());
    }
    let odd =
        headers.contains_key("authorization") || request.uri().query() == Some("odd");
    odd.then(|| ([("content-type", "text/javascript")], "odd").into_response())
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
    }
}
