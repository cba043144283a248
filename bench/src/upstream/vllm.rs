//! A real vLLM on this machine's processor.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::{TcpListener, TcpStream};

use crate::peers;

/// It compiles and loads before it listens.
const START_TIMEOUT: Duration = Duration::from_secs(600);

/// A running vLLM; it ends when the value is dropped.
pub(super) struct Vllm {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Vllm {
    /// Installs it if it is not there, and starts it on a model's folder.
    ///
    /// # Errors
    /// If it cannot be installed, or does not start.
    pub(super) async fn start(model: &Path) -> Result<Vllm> {
        let home = peers::home()?.join("vllm");
        if !home.join("installed").exists() {
            eprintln!("Installing vLLM for the CPU, once (6 GB) ...");
            let mut command = Command::new("bash");
            command.arg(peers::sources().join("vllm_cpu.sh")).arg(&home);
            peers::output(&mut command)?;
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = free.local_addr()?;
        drop(free);
        let log_file = home.join("serve.log");
        let log = File::create(&log_file)?;
        let child = Command::new(home.join("bin").join("vllm"))
            .arg("serve")
            .arg(model)
            .args(["--host", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--max-model-len", "1024", "--max-logprobs", "-1"])
            .args(["--dtype", "bfloat16", "--enforce-eager"])
            .env("VLLM_TARGET_DEVICE", "cpu")
            .env("VLLM_CPU_KVCACHE_SPACE", "1")
            .env("HF_HUB_OFFLINE", "1")
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(Stdio::from(log))
            .spawn()
            .context("vLLM does not start")?;
        let mut vllm = Vllm { child, address };
        let start = Instant::now();
        eprintln!("Waiting for vLLM, a minute or two ...");
        while TcpStream::connect(address).await.is_err() {
            if vllm.child.try_wait()?.is_some() || start.elapsed() > START_TIMEOUT {
                bail!("vLLM does not start; {} says why", log_file.display());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(vllm)
    }
}

impl Drop for Vllm {
    fn drop(&mut self) {
        // It ends its own processes when it is asked to; it may have ended by itself.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
