//! Other servers and libraries with the same work.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::{TcpListener, TcpStream};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The server of llama-cpp-python; it is ended when the value is dropped.
pub(super) struct LlamaCpp {
    child: Child,
    pub(super) address: SocketAddr,
}

impl LlamaCpp {
    /// Starts it on a free port, with a thread for each processor.
    ///
    /// # Errors
    /// If it does not start.
    pub(super) async fn start(python: &Path, model: &Path) -> Result<LlamaCpp> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = free.local_addr()?;
        drop(free);
        let threads = std::thread::available_parallelism()?.to_string();
        let port = address.port().to_string();
        let child = Command::new(python)
            .args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", &port])
            .args(["--n_threads", &threads, "--n_threads_batch", &threads])
            .args(["--n_ctx", "2048", "--verbose", "false", "--model"])
            .arg(model)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let mut server = LlamaCpp { child, address };
        let start = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if server.child.try_wait()?.is_some() || start.elapsed() > START_TIMEOUT {
                bail!(
                    "llama.cpp's server does not start: {python:?} -m llama_cpp.server"
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }
}

impl Drop for LlamaCpp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Steps per second of transformers, the whole text in each.
///
/// # Errors
/// If it does not run.
pub(super) fn transformers(python: &Path, prompt: usize, seconds: u64) -> Result<f64> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/transformers_steps.py");
    let output = Command::new(python)
        .arg(script)
        .args([prompt.to_string(), seconds.to_string()])
        .output()
        .with_context(|| format!("{} does not start", python.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().with_context(|| {
        format!("transformers failed: {}", String::from_utf8_lossy(&output.stderr))
    })
}
