//! A native server on a free port.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser;
use native_server::{Config, SharedHub};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running native server.
#[derive(Debug)]
pub struct Native {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Native {
    /// Serves the built site with the model of a folder.
    ///
    /// # Errors
    /// If the model cannot be found or no port is free.
    pub async fn start(model: &Path) -> Result<Native> {
        Native::sharing(model, None).await
    }

    /// Serves the built site with a model, and shares the models of a Hugging Face cache.
    ///
    /// # Errors
    /// If the model cannot be found or no port is free.
    pub async fn sharing(model: &Path, cache: Option<PathBuf>) -> Result<Native> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let config = Config::try_parse_from([
            "native-server".as_ref(),
            "--model".as_ref(),
            model.as_os_str(),
            "--dist".as_ref(),
            crate::dist().as_os_str(),
        ])?;
        let state = native_server::state(&config)?.sharing(SharedHub::new(cache));
        let app = native_server::app(state);
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the server does not fail");
        });
        Ok(Native { address, server })
    }

    /// The address of a file or route.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        self.server.abort();
    }
}
