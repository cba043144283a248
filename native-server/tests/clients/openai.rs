//! OpenAI's own client against a server on a real socket.

use std::path::Path;

use clap::Parser;
use native_server::Config;
use random_model::{Kind, Shape};
use tokio::net::TcpListener;

use crate::python;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_works_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny-model");
    let shape = Shape { max_position_embeddings: 4096, ..Shape::tiny() };
    random_model::files(&shape, Kind::Instruct, 1).write_to(&model).unwrap();
    let arguments = ["native-server", "--device", "cpu", "--model"].map(Path::new);
    let config = Config::try_parse_from(arguments.into_iter().chain([&*model])).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let state = native_server::state(&config).unwrap();
    let server = native_server::serve(listener, state, std::future::pending());
    let server = tokio::spawn(server);
    let client = tokio::task::spawn_blocking(move || {
        python::run("openai_client.py", &[&url]);
    });
    client.await.unwrap();
    server.abort();
}
