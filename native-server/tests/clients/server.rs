//! A server on a real socket, with a tiny model.

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use native_server::{Config, SharedHub};
use protocol::{Command, Event, Request, RequestId};
use random_model::{Kind, Shape};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
    task: JoinHandle<std::io::Result<()>>,
    _folder: TempDir,
}

impl Server {
    /// One whose model is ready.
    pub(crate) async fn start(context: usize) -> Server {
        Server::sharing(context, SharedHub::default()).await
    }

    /// The same, which gives out these models.
    pub(crate) async fn sharing(context: usize, hub: SharedHub) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("tiny-model");
        let shape = Shape { max_position_embeddings: context, ..Shape::tiny() };
        random_model::files(&shape, Kind::Instruct, 1).write_to(&model).unwrap();
        let arguments = ["native-server", "--device", "cpu", "--model"].map(Path::new);
        let arguments = arguments.into_iter().chain([&*model]);
        let config = Config::try_parse_from(arguments).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = native_server::state(&config).unwrap().sharing(hub);
        let mut client = state.engine().client();
        loop {
            let request = Request { id: RequestId(1), command: Command::Describe };
            client.send(request).await.unwrap();
            match client.next().await.unwrap().event {
                Event::Ready(_) => break,
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        let serving = native_server::serve(listener, state, std::future::pending());
        Server { url, task: tokio::spawn(serving), _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
