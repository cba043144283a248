//! Hugging Face's own client, and the cache that it shares with this program.

use std::path::Path;
use std::process::Command;

use native_server::SharedHub;
use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::python;
use crate::server::Server;

const ID: &str = "owner/tiny";

async fn download(endpoint: String, cache: &Path) {
    let cache = cache.display().to_string();
    let client = move || python::run("hub_client.py", &[&endpoint, &cache]);
    tokio::task::spawn_blocking(client).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_downloads_is_listed_and_python_downloads_what_is_given_out() {
    let model = HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let hub = StandInHub::start(vec![model.clone()], Behaviour::default()).await;
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = home.path().join("hub");
    download(hub.endpoint().to_owned(), &cache).await;
    hub.stop();

    let mut list = Command::new(env!("CARGO_BIN_EXE_native-server"));
    list.env_clear().arg("list-models").env("HF_HOME", home.path());
    let output = list.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("owner/tiny ") && said.ends_with(" MB  llama\n"), "{said}");

    let server = Server::sharing(4096, SharedHub::new(Some(cache))).await;
    download(format!("{}/hub", server.url), other.path()).await;
    let weights = other.path().join("models--owner--tiny/blobs");
    let digest = &model.file("model.safetensors").unwrap().digest;
    let weights = std::fs::read(weights.join(digest)).unwrap();
    assert!(weights == **model.file("model.safetensors").unwrap().bytes);
}
