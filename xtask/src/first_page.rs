//! The page while the rest is still being built: the folder of the site, for this machine alone,
//! until the native server takes the port.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server};

/// What every answer has: what makes the page isolated, and that nothing of it is kept, since the
/// whole site follows.
const HEADERS: [(&str, &str); 5] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
];
/// Would go on serving this page from the browser when the native server is there.
const NOT_SERVED: &str = "service-worker.js";

/// Serves until it is dropped.
pub(crate) struct FirstPage {
    /// None once it ends.
    server: Option<Arc<Server>>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
}

impl FirstPage {
    /// Serves a folder at a port of this machine.
    ///
    /// # Errors
    /// If the port is taken.
    pub(crate) fn serve(folder: PathBuf, port: u16) -> Result<FirstPage> {
        let server = Server::http(("127.0.0.1", port)).map_err(|error| {
            anyhow!("port {port} cannot be used ({error}); choose another with --port")
        })?;
        let address = server.server_addr().to_ip().context("the port has no address")?;
        let server = Arc::new(server);
        let requests = server.clone();
        let thread = std::thread::spawn(move || {
            for request in requests.incoming_requests() {
                // Who has gone away needs no answer.
                answer(request, &folder).ok();
            }
        });
        Ok(FirstPage { server: Some(server), thread: Some(thread), address })
    }
}

impl Drop for FirstPage {
    fn drop(&mut self) {
        let server = self.server.take();
        server.iter().for_each(|server| server.unblock());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        drop(server);
        // Its thread that listens ends a little later than the server itself.
        for _ in 0..200 {
            if TcpListener::bind(self.address).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn answer(request: Request, folder: &Path) -> std::io::Result<()> {
    let is_read = matches!(request.method(), Method::Get | Method::Head);
    let path = request.url().split('?').next().unwrap_or_default();
    let file = file_of(path, folder).filter(|_| is_read);
    let found = file.and_then(|file| Some((File::open(&file).ok()?, kind(&file))));
    let Some((file, kind)) = found else {
        return request.respond(Response::empty(404));
    };
    let headers = HEADERS.into_iter().chain([("Content-Type", kind)]);
    let headers =
        headers.filter_map(|(name, value)| Header::from_bytes(name, value).ok());
    let response = headers.fold(Response::from_file(file), Response::with_header);
    request.respond(response)
}

/// The file that a path names; none outside of the folder.
fn file_of(path: &str, folder: &Path) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let is_within = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = if path.as_os_str().is_empty() { Path::new("index.html") } else { path };
    let file = folder.join(file);
    (is_within && file.is_file() && !file.ends_with(NOT_SERVED)).then_some(file)
}

/// The media type of a file of the site.
fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn ask(page: &FirstPage, line: &str) -> String {
        let mut stream = TcpStream::connect(page.address).unwrap();
        let request =
            format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_site_is_served_isolated_and_nothing_beside_it() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("dist");
        std::fs::create_dir_all(folder.join("worker-1")).unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        for file in ["index.html", "service-worker.js", "worker-1/worker_bg.wasm"] {
            std::fs::write(folder.join(file), "of the site").unwrap();
        }
        let page = FirstPage::serve(folder, 0).unwrap();
        let start = ask(&page, "GET /?lang=de");
        assert!(start.starts_with("HTTP/1.1 200") && start.ends_with("of the site"));
        assert!(start.contains("Cross-Origin-Embedder-Policy: require-corp"), "{start}");
        let wasm = ask(&page, "GET /worker-1/worker_bg.wasm");
        assert!(wasm.contains("Content-Type: application/wasm"), "{wasm}");
        for line in [
            "GET /../secret",
            "GET /worker-1/../../secret",
            "GET //etc/passwd",
            "GET /service-worker.js",
            "GET /api/models",
            "GET /worker-1",
            "POST /",
        ] {
            let refused = ask(&page, line);
            assert!(refused.starts_with("HTTP/1.1 404"), "{line}: {refused}");
        }
    }

    #[test]
    fn the_port_is_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let page = FirstPage::serve(folder.path().into(), 0).unwrap();
        let port = page.address.port();
        assert!(FirstPage::serve(folder.path().into(), port).is_err());
        drop(page);
        let again = FirstPage::serve(folder.path().into(), port);
        assert!(again.is_ok(), "{:?}", again.err());
    }
}
