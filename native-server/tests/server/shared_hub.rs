//! The cache of this machine, given out as a hub does.

use std::fs;
use std::path::Path;

use axum::http::{Method, StatusCode};
use native_server::SharedHub;
use random_model::{Kind, Shape};
use stand_in_hub::HubModel;
use tempfile::TempDir;

use crate::fixture::{Answer, Fixture, request};

const ID: &str = "owner/tiny";

/// A cache as `huggingface_hub` leaves it, or with copies where a system has no links.
fn cache(model: &HubModel, links: bool) -> TempDir {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("models--owner--tiny");
    let snapshot = folder.join("snapshots").join(&model.commit);
    for place in [&folder.join("blobs"), &folder.join("refs"), &snapshot] {
        fs::create_dir_all(place).unwrap();
    }
    fs::write(folder.join("refs/main"), &model.commit).unwrap();
    for file in &model.files {
        let place = snapshot.join(&file.path);
        if links && cfg!(unix) {
            fs::write(folder.join("blobs").join(&file.digest), &**file.bytes).unwrap();
            link(Path::new(&format!("../../blobs/{}", file.digest)), &place);
        } else {
            fs::write(place, &**file.bytes).unwrap();
        }
    }
    cache
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) {
    std::os::unix::fs::symlink(target, place).unwrap();
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) {}

fn tiny() -> HubModel {
    HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

fn sharing(cache: &TempDir) -> Fixture {
    let Fixture { folder, state } = Fixture::loading();
    let state = state.sharing(SharedHub::new(Some(cache.path().into())));
    Fixture { folder, state }
}

async fn part(fixture: &Fixture, path: &str, range: &str) -> Answer {
    fixture.send(request(Method::GET, path, &[("range", range)], "")).await
}

#[tokio::test]
async fn models_of_the_cache_are_listed_with_sizes_and_hashes() {
    let model = tiny();
    for links in [true, false] {
        let cache = cache(&model, links);
        let fixture = sharing(&cache);
        let models = fixture.get("/hub/api/models").await.json();
        assert_eq!(models[0]["id"], ID);
        for path in [
            "/hub/api/models/owner/tiny",
            "/hub/api/models/owner/tiny/revision/main?blobs=true",
            &format!("/hub/api/models/owner/tiny/revision/{}", model.commit),
        ] {
            let listing = fixture.get(path).await.json();
            assert_eq!(listing["sha"], model.commit, "{path}");
            let siblings = listing["siblings"].as_array().unwrap();
            assert_eq!(siblings.len(), model.files.len());
            for sibling in siblings {
                let path = sibling["rfilename"].as_str().unwrap();
                let file = model.file(path).unwrap();
                assert_eq!(sibling["size"], file.bytes.len());
                // Without links a hash is computed, of whichever kind goes with the size.
                if links {
                    assert_eq!(sibling["blobId"], file.digest, "{path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn files_come_whole_or_in_parts_with_what_clients_of_a_hub_read() {
    let model = tiny();
    let cache = cache(&model, true);
    let fixture = sharing(&cache);
    let file = model.file("model.safetensors").unwrap();
    let path = "/hub/owner/tiny/resolve/main/model.safetensors";
    let whole = fixture.get(path).await;
    assert!(whole.body == **file.bytes);
    assert_eq!(whole.header("etag"), format!("\"{}\"", file.digest));
    assert_eq!(whole.header("x-repo-commit"), model.commit);
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    let some = part(&fixture, path, "bytes=100-299").await;
    assert_eq!(some.status, StatusCode::PARTIAL_CONTENT);
    let size = file.bytes.len();
    assert_eq!(some.header("content-range"), format!("bytes 100-299/{size}"));
    assert!(some.body == file.bytes[100..300]);
    let beyond = part(&fixture, path, &format!("bytes={size}-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let head = fixture.send(request(Method::HEAD, path, &[], "")).await;
    assert_eq!(head.header("content-length"), size.to_string());
    assert_eq!(head.header("x-linked-size"), size.to_string());
}

#[tokio::test]
async fn nothing_outside_of_the_cache_and_nothing_unknown_is_given_out() {
    let cache = cache(&tiny(), true);
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("secret.txt"), "secret").unwrap();
    let snapshots = cache.path().join("models--owner--tiny/snapshots");
    let snapshot = fs::read_dir(snapshots).unwrap().next().unwrap().unwrap().path();
    link(&secret.path().join("secret.txt"), &snapshot.join("secret.txt"));
    fs::write(cache.path().join("token"), "secret").unwrap();
    let fixture = sharing(&cache);
    for path in [
        "/hub/owner/tiny/resolve/main/secret.txt",
        "/hub/owner/tiny/resolve/main/none.json",
        "/hub/owner/tiny/resolve/main/../../../token",
        "/hub/owner/tiny/resolve/main/..%2f..%2f..%2ftoken",
        "/hub/owner/tiny/resolve/..%2f..%2f../token",
        "/hub/owner/tiny/resolve/v9/config.json",
        "/hub/owner/none/resolve/main/config.json",
        "/hub/../token/resolve/main/config.json",
        "/hub/api/models/owner/none",
        "/hub/api/models/..%2f..%2ftoken",
        "/hub/owner/tiny",
    ] {
        let answer = fixture.get(path).await;
        assert!(
            !answer.text().contains("secret\n") && answer.text() != "secret",
            "{path}"
        );
        let message = answer.error(StatusCode::NOT_FOUND);
        assert!(message.ends_with('.'), "{path}: {message}");
    }
}

#[tokio::test]
async fn it_is_guarded_as_the_rest_is() {
    let cache = cache(&tiny(), true);
    let fixture = sharing(&cache);
    let path = "/hub/owner/tiny/resolve/main/config.json";
    let foreign = [("origin", "https://example.com")];
    let answer = fixture.send(request(Method::GET, path, &foreign, "")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let rebound = [("host", "example.com")];
    let answer = fixture.send(request(Method::GET, path, &rebound, "")).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    let answer = fixture.send(request(Method::POST, path, &[], "")).await;
    answer.error(StatusCode::METHOD_NOT_ALLOWED);
}
