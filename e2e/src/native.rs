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
        Native::configured(model, &[], cache).await
    }

    /// Serves the built site with a model to those who know a token.
    ///
    /// # Errors
    /// If the model cannot be found or no port is free.
    pub async fn with_token(model: &Path, token: &str) -> Result<Native> {
        Native::configured(model, &["--token", token], None).await
    }

    /// Serves the built site on top of an engine elsewhere; the folder has its tokenizer.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn in_front_of(engine: &str, model: &Path) -> Result<Native> {
        Native::configured(model, &["--upstream", engine], None).await
    }

    async fn configured(
        model: &Path,
        options: &[&str],
        cache: Option<PathBuf>,
    ) -> Result<Native> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let dist = crate::dist();
        let named = [
            "native-server".as_ref(),
            "--model".as_ref(),
            model.as_os_str(),
            "--dist".as_ref(),
            dist.as_os_str(),
        ];
        let options = options.iter().map(|option| option.as_ref());
        let config = Config::try_parse_from(named.into_iter().chain(options))?;
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
