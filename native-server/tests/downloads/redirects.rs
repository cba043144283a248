//! Where a token goes when a hub redirects: to the hub itself and to nobody else.

use hub::HubError;

use crate::odd::{OddHub, fetch, file, listing, moved};

const WEIGHTS: &[u8] = b"weights";
const TOKEN: Option<&str> = Some("Bearer hf_secret");

fn is_listing(path: &str) -> bool {
    path.starts_with("/api/models/")
}

/// What came along with the first request for a path.
fn sent(hub: &OddHub, part: &str) -> Option<String> {
    let asked = hub.asked();
    let found = asked.iter().find(|(path, _)| path.contains(part));
    found.unwrap_or_else(|| panic!("{part} was not asked for: {asked:?}")).1.clone()
}

#[tokio::test]
async fn a_file_that_lies_on_another_host_is_fetched_without_the_token() {
    let cache = tempfile::tempdir().unwrap();
    let other = OddHub::start(|_, headers| file(WEIGHTS, headers)).await;
    let place = format!("{}/blob?signature=1", other.endpoint);
    let hub = OddHub::start(move |path, _| match is_listing(path) {
        true => listing("o/n", &[("m-Q8_0.gguf", WEIGHTS)]),
        false => moved(&place),
    })
    .await;
    let fetched = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    assert_eq!(std::fs::read(&fetched.weights[0]).unwrap(), WEIGHTS);
    assert_eq!(sent(&hub, "/resolve/").as_deref(), TOKEN);
    assert_eq!(sent(&other, "/blob"), None);
}

#[tokio::test]
async fn a_listing_that_redirects_to_another_host_is_read_without_the_token() {
    let cache = tempfile::tempdir().unwrap();
    let other = OddHub::start(|_, _| listing("o/n", &[("m-Q8_0.gguf", WEIGHTS)])).await;
    let place = other.endpoint.clone();
    let hub = OddHub::start(move |path, headers| match is_listing(path) {
        true => moved(&format!("{place}{path}")),
        false => file(WEIGHTS, headers),
    })
    .await;
    fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    assert_eq!(sent(&hub, "/api/models/").as_deref(), TOKEN);
    assert_eq!(sent(&other, "/api/models/"), None);
}

#[tokio::test]
async fn a_redirect_there_and_back_has_the_token_at_the_hub_alone() {
    let cache = tempfile::tempdir().unwrap();
    let mirror = OddHub::start(|path, _| {
        // The address of the hub stands in the query.
        moved(path.split_once("back=").unwrap().1)
    })
    .await;
    let place = mirror.endpoint.clone();
    let hub = OddHub::start(move |path, headers| {
        let host = headers["host"].to_str().unwrap();
        match path {
            path if is_listing(path) => listing("o/n", &[("m-Q8_0.gguf", WEIGHTS)]),
            "/again" => file(WEIGHTS, headers),
            _ => moved(&format!("{place}/away?back=http://{host}/again")),
        }
    })
    .await;
    fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    assert_eq!(sent(&mirror, "/away"), None);
    assert_eq!(sent(&hub, "/again").as_deref(), TOKEN);
}

#[tokio::test]
async fn the_same_machine_by_another_name_is_another_host() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| {
        let host = headers["host"].to_str().unwrap();
        match host.strip_prefix("127.0.0.1") {
            Some(port) => moved(&format!("http://localhost{port}{path}")),
            None => listing("o/n", &[]),
        }
    })
    .await;
    fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    let tokens: Vec<_> = hub.asked().into_iter().map(|(_, token)| token).collect();
    assert_eq!(tokens, [TOKEN.map(str::to_owned), None]);
}

#[tokio::test]
async fn redirects_that_lead_round_or_off_the_web_end_in_words() {
    let cache = tempfile::tempdir().unwrap();
    for to in
        ["/api/models/o/n", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://a@b/"]
    {
        let hub = OddHub::start(move |_, _| moved(to)).await;
        let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
        assert!(matches!(error, HubError::Redirect { .. }), "{to}: {error}");
        assert!(hub.asked().len() <= 11, "{to}");
    }
}
