//! Other servers and libraries with the same work.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::server_process::ServerProcess;

/// The server of llama-cpp-python, with a thread for each processor.
///
/// # Errors
/// If it does not start.
pub(super) async fn llama_cpp(python: &Path, model: &Path) -> Result<ServerProcess> {
    let threads = std::thread::available_parallelism()?.to_string();
    ServerProcess::start("llama.cpp's server", Duration::from_secs(60), |port| {
        let mut command = Command::new(python);
        command
            .args(["-m", "llama_cpp.server", "--host", "127.0.0.1"])
            .args(["--port", &port.to_string()])
            .args(["--n_threads", &threads, "--n_threads_batch", &threads])
            .args(["--n_ctx", "2048", "--verbose", "false", "--model"])
            .arg(model)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    })
    .await
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
