//! What a server downloads for others, within bounds, and what it keeps from them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::response::IntoResponse;
use hub::HubError;
use native_server::{FetchLimits, SharedHub};
use serde_json::json;
use stand_in_hub::{Behaviour, HubModel, Random, StandInHub};

use crate::classroom::{at, serve};
use crate::odd::{COMMIT, OddHub, fetch, file, listing, sha256, status};

const ID: &str = "owner/tiny";
const SIZE: usize = 12 << 20;

fn large(id: &str, seed: u64) -> HubModel {
    HubModel::new(id, vec![("m-Q8_0.gguf", Random::new(seed).bytes(SIZE))])
}

/// A server that fetches from a hub into a cache; its address as a hub.
async fn fetching(hub: &str, cache: &Path, limits: FetchLimits) -> String {
    serve(SharedHub::new(Some(cache.into())).fetching(&at(hub, cache), limits)).await
}

/// A hub that sends slowly, so that downloads are under way for a while.
async fn slow(models: Vec<HubModel>) -> StandInHub {
    let pause = Some(Duration::from_millis(20));
    StandInHub::start(models, Behaviour { pause, ..Behaviour::default() }).await
}

async fn ask(url: &str) -> reqwest::Response {
    reqwest::get(url).await.unwrap()
}

/// A file that is not here, of which the first bytes have come.
async fn begin(url: &str, id: &str) -> reqwest::Response {
    let path = format!("{url}/{id}/resolve/main/m-Q8_0.gguf");
    let mut answer = ask(&path).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    assert!(answer.chunk().await.unwrap().is_some());
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn more_downloads_than_may_wait_are_refused_with_when_to_come_again() {
    let ids = ["o/a", "o/b", "o/c"];
    let models = ids.iter().zip(1..).map(|(id, seed)| large(id, seed)).collect();
    let hub = slow(models).await;
    let cache = tempfile::tempdir().unwrap();
    let limits = FetchLimits { active: 1, waiting: 1, ..FetchLimits::default() };
    let url = fetching(hub.endpoint(), cache.path(), limits).await;
    let _first = begin(&url, ids[0]).await;
    // It waits for its turn; its head comes at once.
    let second = ask(&format!("{url}/{}/resolve/main/m-Q8_0.gguf", ids[1])).await;
    assert!(second.status().is_success());
    let third = ask(&format!("{url}/{}/resolve/main/m-Q8_0.gguf", ids[2])).await;
    assert_eq!(third.status(), 503);
    assert!(third.headers().contains_key("retry-after"));
    assert!(third.headers().contains_key("x-error-message"));
    // One more who wants the first file waits with those who want it already.
    begin(&url, ids[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_nobody_waits_for_ends_and_makes_room() {
    let hub = slow(vec![large("o/a", 1), large("o/b", 2)]).await;
    let cache = tempfile::tempdir().unwrap();
    let abandon_after = Duration::from_millis(1);
    let limits =
        FetchLimits { active: 1, waiting: 0, abandon_after, ..FetchLimits::default() };
    let url = fetching(hub.endpoint(), cache.path(), limits).await;
    drop(begin(&url, "o/a").await);
    let path = format!("{url}/o/b/resolve/main/m-Q8_0.gguf");
    while ask(&path).await.status() == 503 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let blobs = cache.path().join("models--o--a/blobs");
    let whole = blobs.join(&large("o/a", 1).files[0].digest);
    assert!(!whole.exists(), "the rest of it was not fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_downloaded_than_the_server_may_keep() {
    let hub = slow(vec![large("o/a", 1), large("o/b", 2)]).await;
    let cache = tempfile::tempdir().unwrap();
    let limits = FetchLimits { bytes: SIZE as u64 + 1, ..FetchLimits::default() };
    let url = fetching(hub.endpoint(), cache.path(), limits).await;
    let _first = begin(&url, "o/a").await;
    let second = ask(&format!("{url}/o/b/resolve/main/m-Q8_0.gguf")).await;
    assert_eq!(second.status(), 507);
    let mine = tempfile::tempdir().unwrap();
    let error = fetch(&url, mine.path(), "o/b").await.unwrap_err();
    assert!(error.to_string().contains("--hub-fetch-gb"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_branch_that_was_asked_for_is_noted() {
    let weights: &[u8] = b"weights";
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing(ID, &[("m-Q8_0.gguf", weights)]),
        false => file(weights, headers),
    })
    .await;
    let refs = |cache: &Path| cache.join("models--owner--tiny/refs");
    for (asked, noted) in [(COMMIT, None), ("dev", Some("dev")), ("main", Some("main"))] {
        let cache = tempfile::tempdir().unwrap();
        let url = fetching(&hub.endpoint, cache.path(), FetchLimits::default()).await;
        let mine = tempfile::tempdir().unwrap();
        fetch(&url, mine.path(), &format!("{ID}@{asked}")).await.unwrap();
        // Links and notes are made after the last byte was sent.
        let snapshot = cache.path().join("models--owner--tiny/snapshots").join(COMMIT);
        while !snapshot.join("m-Q8_0.gguf").exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        match noted {
            Some(name) => {
                let file = refs(cache.path()).join(name);
                while fs::read_to_string(&file).ok().as_deref() != Some(COMMIT) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                assert_eq!(fs::read_dir(refs(cache.path())).unwrap().count(), 1);
            }
            None => assert!(!refs(cache.path()).exists()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_with_slashes_is_had_through_a_server() {
    let weights: &[u8] = b"weights";
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing(ID, &[("sub/m-Q8_0.gguf", weights)]),
        false => file(weights, headers),
    })
    .await;
    let cache = tempfile::tempdir().unwrap();
    let url = fetching(&hub.endpoint, cache.path(), FetchLimits::default()).await;
    for revision in ["refs%2Fpr%2F1", "refs/pr/1"] {
        let path = format!("{url}/{ID}/resolve/{revision}/sub/m-Q8_0.gguf");
        assert_eq!(ask(&path).await.bytes().await.unwrap(), weights, "{revision}");
    }
    assert_eq!(
        hub.asked()[0].0,
        format!("/api/models/{ID}/revision/refs%2Fpr%2F1?blobs=true")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_needed_this_machines_token_is_not_given_out() {
    let gated = |path: &str, headers: &axum::http::HeaderMap| {
        match path {
        path if path.starts_with("/api/") => axum::Json(json!({
            "id": ID, "sha": COMMIT, "gated": "manual", "siblings": [
                {"rfilename": "m-Q8_0.gguf", "lfs": {"sha256": sha256(b"weights"), "size": 7}},
            ],
        }))
        .into_response(),
        _ => file(b"weights", headers),
    }
    };
    let hub = OddHub::start(gated).await;
    let (cache, mine) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fetch(&hub.endpoint, cache.path(), ID).await.unwrap();
    // With and without a hub behind it.
    let alone = serve(SharedHub::new(Some(cache.path().into()))).await;
    let behind = fetching(&hub.endpoint, cache.path(), FetchLimits::default()).await;
    for url in [&alone, &behind] {
        fetch(url, mine.path(), ID).await.unwrap_err();
        for path in
            ["resolve/main", &format!("resolve/{COMMIT}"), "resolve/refs%2Fpr%2F1"]
        {
            let answer = ask(&format!("{url}/{ID}/{path}/m-Q8_0.gguf")).await;
            assert!(answer.status().is_client_error(), "{}", answer.status());
            assert!(!answer.text().await.unwrap().contains("weights"));
        }
    }
    let listed = ask(&format!("{alone}/api/models")).await.text().await.unwrap();
    assert!(!listed.contains(ID), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_shows_no_one_is_not_given_out_though_it_is_here() {
    let weights: &[u8] = b"weights";
    let cache = tempfile::tempdir().unwrap();
    let open = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing(ID, &[("m-Q8_0.gguf", weights)]),
        false => file(weights, headers),
    })
    .await;
    fetch(&open.endpoint, cache.path(), ID).await.unwrap();
    let closed = OddHub::start(|_, _| status(401, &[], "")).await;
    let url = fetching(&closed.endpoint, cache.path(), FetchLimits::default()).await;
    let answer = ask(&format!("{url}/{ID}/resolve/main/m-Q8_0.gguf")).await;
    assert_eq!(answer.status(), 404);
    assert!(closed.asked().iter().all(|(_, token)| token.is_none()));
    // Where that hub cannot be reached, what is here is given out.
    let gone = format!("http://127.0.0.1:{}", unused_port());
    let url = fetching(&gone, cache.path(), FetchLimits::default()).await;
    let answer = ask(&format!("{url}/{ID}/resolve/main/m-Q8_0.gguf")).await;
    assert_eq!(answer.bytes().await.unwrap(), weights);
}

fn unused_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn contents_that_are_links_out_of_the_cache_are_not_given_out() {
    let secret: &[u8] = b"a secret of this machine";
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("secret"), secret).unwrap();
    let cache = home.path().join("cache");
    let blobs = cache.join("models--owner--tiny/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let other = vec![b'x'; secret.len()];
    let link = blobs.join(sha256(&other));
    std::os::unix::fs::symlink(home.path().join("secret"), &link).unwrap();
    let known = other.clone();
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing(ID, &[("m-Q8_0.gguf", &known)]),
        false => file(&known, headers),
    })
    .await;
    let url = fetching(&hub.endpoint, &cache, FetchLimits::default()).await;
    let answer = ask(&format!("{url}/{ID}/resolve/main/m-Q8_0.gguf")).await;
    let bytes = answer.bytes().await.unwrap_or_default();
    assert!(bytes != secret, "a link of the right size and name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_cache_is_found_out_by_those_who_download_from_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("models--owner--tiny");
    for place in ["blobs", "refs", "snapshots"] {
        fs::create_dir_all(folder.join(place)).unwrap();
    }
    let hash = sha256(b"weights");
    fs::write(folder.join("blobs").join(&hash), b"poison!").unwrap();
    fs::write(folder.join("refs/main"), COMMIT).unwrap();
    let snapshot = folder.join("snapshots").join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        format!("../../blobs/{hash}"),
        snapshot.join("m-Q8_0.gguf"),
    )
    .unwrap();
    let url = serve(SharedHub::new(Some(home.path().into()))).await;
    let mine = tempfile::tempdir().unwrap();
    let error = fetch(&url, mine.path(), ID).await.unwrap_err();
    if cfg!(unix) {
        assert!(matches!(error, HubError::WrongBytes { .. }), "{error}");
    }
    assert!(!mine.path().join("models--owner--tiny/snapshots").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn encoded_slashes_and_dots_lead_nowhere() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("hub");
    let snapshot = cache.join("models--owner--tiny/snapshots").join(COMMIT);
    fs::create_dir_all(&snapshot).unwrap();
    fs::write(snapshot.join("config.json"), "{}").unwrap();
    fs::write(home.path().join("token"), "hf_secret").unwrap();
    fs::write(cache.join("token"), "hf_secret").unwrap();
    let url = serve(SharedHub::new(Some(cache.clone()))).await;
    for path in [
        "owner/tiny/resolve/main/..%2f..%2f..%2f..%2ftoken",
        "owner/tiny/resolve/main/%2e%2e/%2e%2e/%2e%2e/token",
        "owner/tiny/resolve/..%2f..%2f..%2f/token",
        "owner/tiny/resolve/%2e%2e/token",
        "owner/tiny/resolve/refs%2f..%2f..%2f../token",
        "owner/tiny/resolve/refs/../../token",
        "owner%2ftiny%2f..%2f../resolve/main/token",
        "..%2f..%2ftoken/resolve/main/token",
        "owner/..%2ftiny/resolve/main/config.json",
        "api/models/owner/tiny/revision/..%2f..%2f..",
        "api/models/..%2f..%2f/revision/main",
        "owner/tiny/resolve/main/%00",
        "owner/tiny/resolve/main/..%5c..%5ctoken",
        "owner/tiny/resolve/%ff/x",
    ] {
        let answer = ask(&format!("{url}/{path}")).await;
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        assert!(!answer.text().await.unwrap().contains("hf_secret"), "{path}");
    }
}
