//! What the OpenAPI document says, held against what the server does.

use crate::python;
use crate::server::Server;

/// Cases for each route; NEXTTOKEN_TEST_CASES asks for more.
const CASES: &str = "8";

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_its_document_says_in_all_checks() {
    // So long a context that what the document allows fits.
    let server = Server::start(4096).await;
    let url = format!("{}/api/openapi.json", server.url);
    let cases = std::env::var("NEXTTOKEN_TEST_CASES").unwrap_or(CASES.into());
    let schemathesis = move || {
        // The same cases each time: what fails once fails again.
        let same = ["--seed", "1", "--generation-deterministic"];
        let options = ["run", &url, "--max-examples", &cases, "--request-timeout", "300"];
        python::run_program("schemathesis", &[&options[..], &same].concat());
    };
    tokio::task::spawn_blocking(schemathesis).await.unwrap();
}
