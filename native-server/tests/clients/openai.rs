//! OpenAI's own client.

use crate::python;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_works_unchanged() {
    let server = Server::start(4096).await;
    let url = server.url.clone();
    let client = move || python::run("openai_client.py", &[&url]);
    tokio::task::spawn_blocking(client).await.unwrap();
}
