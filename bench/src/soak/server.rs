//! The server as a process of its own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::disk::FullDisk;
use crate::memory::resident_mb;
use crate::web::answer;

/// How long the server may take to be ready, and to end.
const START_AND_STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// A running server; it is killed when the value is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts this program again as the server, and waits until its model is ready.
    ///
    /// # Errors
    /// If it does not start.
    pub(super) async fn start(
        model: &str,
        cache_mb: u32,
        disk: Option<&FullDisk>,
    ) -> Result<Server> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["server", "--port", "0", "--log", "native_server=info"])
            .args(["--model", model, "--cache-mb", &cache_mb.to_string()])
            .envs(disk.into_iter().flat_map(FullDisk::variables))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let errors = child.stderr.take().context("it has a standard error")?;
        let mut lines = BufReader::new(errors).lines();
        let address = loop {
            let line = lines.next_line().await?.context("the server has ended")?;
            if let Some(port) = line.strip_prefix("listening on ") {
                break port.parse()?;
            }
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if !line.contains(" INFO ") {
                    println!("server: {line}");
                }
            }
        });
        let server = Server { child, address };
        let start = Instant::now();
        while server.get("/healthz").await?.0 != 200 {
            if start.elapsed() > START_AND_STOP_TIMEOUT {
                bail!("the model is not ready in time");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    async fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        answer(stream).await
    }

    pub(super) fn resident_mb(&self) -> Result<u64> {
        let id = self.child.id().context("the server has ended")?;
        resident_mb(&id.to_string()).context("this system does not report memory")
    }

    /// Its own metrics, without those of routes.
    pub(super) async fn metrics(&self) -> Result<String> {
        let (_, text) = self.get("/metrics").await?;
        let lines = text.lines().filter(|line| {
            !line.starts_with('#') && !line.contains("http_") && !line.is_empty()
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Asks it to stop while connections are open. Returns the seconds until it ended.
    ///
    /// # Errors
    /// If it does not end, or not successfully.
    pub(super) async fn stop(&mut self) -> Result<f64> {
        let mut idle = TcpStream::connect(self.address).await?;
        let id = self.child.id().context("the server has ended")?.to_string();
        let start = Instant::now();
        Command::new("kill").args(["-TERM", &id]).status().await?;
        let status =
            tokio::time::timeout(START_AND_STOP_TIMEOUT, self.child.wait()).await;
        let status = status.context("the server does not end")??;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        // The server has closed the connection.
        let _ = idle.read(&mut [0]).await;
        Ok(start.elapsed().as_secs_f64())
    }
}
