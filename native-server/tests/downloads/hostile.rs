//! Hubs that want more than to give out models: nothing is written outside of the model's
//! folder, and nothing is made room for because they say so.

use std::fs;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use hub::HubError;
use serde_json::json;

use crate::odd::{COMMIT, OddHub, fetch, file, listing, sha256, status};

/// All files and folders below a folder, by their paths in it.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            let within = below(&entry.path());
            found.extend(within.into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_not_followed() {
    for name in [
        "../../x-Q8_0.gguf",
        "../../../../../../tmp/x-Q8_0.gguf",
        "/etc/x-Q8_0.gguf",
        "C:\\x-Q8_0.gguf",
        "a\\..\\..\\x-Q8_0.gguf",
        ".git/../../x-Q8_0.gguf",
        "a/./../x-Q8_0.gguf",
        "\u{202e}x-Q8_0.gguf",
        "x\n-Q8_0.gguf",
    ] {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path().join("a/b/cache");
        let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
            true => listing("o/n", &[(name, b"evil")]),
            false => file(b"evil", headers),
        })
        .await;
        let error = fetch(&hub.endpoint, &cache, "o/n").await.unwrap_err();
        assert!(matches!(error, HubError::NoWeights { .. }), "{name:?}: {error}");
        assert_eq!(below(home.path()), [""; 0], "{name:?}");
    }
}

#[tokio::test]
async fn an_index_that_names_files_elsewhere_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let index: &[u8] = br#"{"weight_map":{"a":"../../../x.safetensors"}}"#;
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing(
            "o/n",
            &[
                ("config.json", b"{}"),
                ("tokenizer.json", b"{}"),
                ("model.safetensors.index.json", index),
            ],
        ),
        false => file(index, headers),
    })
    .await;
    let error = fetch(&hub.endpoint, home.path(), "o/n").await.unwrap_err();
    assert!(error.to_string().contains("../../../x.safetensors"), "{error}");
    assert_eq!(below(home.path()), [""; 0]);
}

#[tokio::test]
async fn hashes_and_commits_that_are_paths_never_name_a_file() {
    for (sha, blob) in [
        ("../../../../x", "a".repeat(40)),
        ("main", "a".repeat(40)),
        ("..", "a".repeat(40)),
        (COMMIT, "../../../../../x".to_owned()),
        (COMMIT, format!("{}/../../x", "a".repeat(32))),
        (COMMIT, "/etc/cron.d/x".to_owned()),
    ] {
        let home = tempfile::tempdir().unwrap();
        let etag = format!("\"{blob}\"");
        let json = json!({ "id": "o/n", "sha": sha, "siblings": [
            {"rfilename": "m-Q8_0.gguf", "size": 4, "blobId": blob},
        ]});
        let hub = OddHub::start(move |path, _| match path.starts_with("/api/") {
            true => axum::Json(json.clone()).into_response(),
            // The hash is asked for with the file, where the list has none.
            false => status(200, &[("etag", &etag)], "evil"),
        })
        .await;
        let error = fetch(&hub.endpoint, home.path(), "o/n").await.unwrap_err();
        let is_told = matches!(
            error,
            HubError::Listing { .. }
                | HubError::Unverifiable { .. }
                | HubError::WrongBytes { .. }
        );
        assert!(is_told, "{sha}: {error}");
        let outside = below(home.path());
        let outside: Vec<_> = outside.iter().filter(|at| at.contains("..")).collect();
        assert!(outside.is_empty(), "{outside:?}");
    }
}

#[tokio::test]
async fn absurd_sizes_are_refused_before_room_is_made() {
    for size in [json!(u64::MAX), json!(1u64 << 62), json!(1e30), json!(-1)] {
        let home = tempfile::tempdir().unwrap();
        let json = json!({ "id": "o/n", "sha": COMMIT, "siblings": [
            {"rfilename": "m-Q8_0.gguf", "lfs": {"sha256": "a".repeat(64), "size": size}},
        ]});
        let hub = OddHub::start(move |path, _| match path.starts_with("/api/") {
            true => axum::Json(json.clone()).into_response(),
            false => status(200, &[("x-linked-size", "18446744073709551615")], ""),
        })
        .await;
        let error = fetch(&hub.endpoint, home.path(), "o/n").await.unwrap_err();
        let is_told =
            matches!(error, HubError::Listing { .. } | HubError::Unverifiable { .. });
        assert!(is_told, "{error}");
        assert_eq!(below(home.path()), [""; 0]);
    }
}

/// A body that never ends.
fn endless() -> Response {
    let piece = Bytes::from(vec![b' '; 1 << 20]);
    let pieces =
        futures_util::stream::repeat_with(move || Ok::<_, axum::Error>(piece.clone()));
    Body::from_stream(pieces).into_response()
}

#[tokio::test]
async fn a_description_that_never_ends_is_not_read_to_its_end() {
    let home = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|_, _| endless()).await;
    let error = fetch(&hub.endpoint, home.path(), "o/n").await.unwrap_err();
    assert!(error.to_string().contains("more than there can be"), "{error}");
    assert_eq!(hub.asked().len(), 1, "it is not asked for again");
}

#[tokio::test]
async fn a_pointer_in_place_of_a_large_file_never_becomes_that_file() {
    let home = tempfile::tempdir().unwrap();
    let weights = vec![7; 4096];
    let hash = sha256(&weights);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{hash}\nsize 4096\n"
    );
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing("o/n", &[("m-Q8_0.gguf", &[7; 4096])]),
        false => file(pointer.as_bytes(), headers),
    })
    .await;
    let error = fetch(&hub.endpoint, home.path(), "o/n").await.unwrap_err();
    assert!(matches!(error, HubError::Interrupted { .. }), "{error}");
    let folder = home.path().join("models--o--n");
    assert!(
        !folder.join("snapshots").exists() && !folder.join("blobs").join(hash).exists()
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_download_does_not_write_through_links_in_a_shared_cache() {
    let home = tempfile::tempdir().unwrap();
    let weights = vec![7; 4096];
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing("o/n", &[("m-Q8_0.gguf", &[7; 4096])]),
        false => file(&[7; 4096], headers),
    })
    .await;
    let (cache, secret) = (home.path().join("cache"), home.path().join("secret"));
    fs::write(&secret, "before").unwrap();
    let blobs = cache.join("models--o--n/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let hash = sha256(&weights);
    for ending in ["incomplete", "nexttoken.incomplete", "nexttoken.journal.new"] {
        let link = blobs.join(format!("{hash}.{ending}"));
        std::os::unix::fs::symlink(&secret, link).unwrap();
    }
    let fetched = fetch(&hub.endpoint, &cache, "o/n").await.unwrap();
    assert_eq!(fs::read(&fetched.weights[0]).unwrap(), weights);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "before");
}
