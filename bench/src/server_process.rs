//! Another server on this machine, for as long as it is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::{TcpListener, TcpStream};

/// A running server; it ends when the value is dropped.
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts what `command` makes of a free port, and waits until it takes connections.
    ///
    /// # Errors
    /// If it does not start, ends, or takes longer than `patience`.
    pub(crate) async fn start(
        name: &str,
        patience: Duration,
        command: impl FnOnce(u16) -> Command,
    ) -> Result<ServerProcess> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = free.local_addr()?;
        drop(free);
        let mut command = command(address.port());
        let child = command.spawn().with_context(|| {
            format!("{} does not start", command.get_program().display())
        })?;
        let mut server = ServerProcess { child, address };
        let start = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if server.child.try_wait()?.is_some() || start.elapsed() > patience {
                bail!("{name} does not start: {command:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(server)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It ends its own processes when it is asked to; it may have ended by itself.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
