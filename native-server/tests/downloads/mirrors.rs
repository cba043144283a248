//! Mirrors that leave out what the hub itself tells, hubs that redirect from old names, and
//! models whose files have names of their own.

use std::fs;
use std::io::Write;

use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use hub::HubError;
use random_model::{Kind, Shape};
use serde_json::json;
use stand_in_hub::{HubFile, HubModel};

use crate::odd::{COMMIT, OddHub, fetch, file, listing, moved, status};

fn tiny() -> HubModel {
    HubModel::of("o/n", &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

/// A file of a model as a mirror sends it: with its hash and commit.
fn sent(file: &HubFile, headers: &axum::http::HeaderMap) -> Response {
    let mut response = self::file(&file.bytes, headers);
    let etag = format!("\"{}\"", file.digest);
    response.headers_mut().insert("etag", etag.parse().unwrap());
    response.headers_mut().insert("x-repo-commit", COMMIT.parse().unwrap());
    response
}

fn resolved<'a>(model: &'a HubModel, path: &str) -> Option<&'a HubFile> {
    let (_, rest) = path.split_once("/resolve/")?;
    model.file(rest.split_once('/')?.1)
}

#[tokio::test]
async fn sizes_and_hashes_that_a_list_lacks_are_asked_for_file_by_file() {
    for with_size in [false, true] {
        let cache = tempfile::tempdir().unwrap();
        let hub = OddHub::start(move |path, headers| {
            let model = tiny();
            if path.starts_with("/api/") {
                let sibling = |file: &HubFile| match with_size {
                    true => json!({"rfilename": file.path, "size": file.bytes.len()}),
                    false => json!({"rfilename": file.path}),
                };
                let siblings: Vec<_> = model.files.iter().map(sibling).collect();
                let json = json!({ "id": "o/n", "sha": COMMIT, "siblings": siblings });
                return axum::Json(json).into_response();
            }
            match resolved(&model, path) {
                Some(file) => sent(file, headers),
                None => status(404, &[], ""),
            }
        })
        .await;
        let fetched = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
        let weights = fs::read(&fetched.weights[0]).unwrap();
        assert!(weights == **tiny().file("model.safetensors").unwrap().bytes);
    }
}

#[tokio::test]
async fn a_model_is_had_from_a_mirror_without_lists() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| match resolved(&tiny(), path) {
        Some(file) => sent(file, headers),
        None => status(404, &[], ""),
    })
    .await;
    let fetched = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    assert!(fetched.snapshot.ends_with(COMMIT));
    assert!(fetched.snapshot.join("tokenizer_config.json").exists());
}

#[tokio::test]
async fn a_mirror_that_tells_no_hash_is_called_so() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| match path.starts_with("/api/") {
        true => {
            let siblings = json!([{"rfilename": "m-Q8_0.gguf"}]);
            axum::Json(json!({"sha": COMMIT, "siblings": siblings})).into_response()
        }
        false => file(b"weights", headers),
    })
    .await;
    let error = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap_err();
    assert!(matches!(error, HubError::Unverifiable { lacks: "the hash", .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_comes_as_gzip_unasked_is_what_it_stands_for() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| {
        let model = tiny();
        if path.starts_with("/api/") {
            let files: Vec<(&str, &[u8])> =
                model.files.iter().map(|f| (&*f.path, &f.bytes[..])).collect();
            return listing("o/n", &files);
        }
        let file = resolved(&model, path).unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&file.bytes).unwrap();
        let mut response = self::file(&encoder.finish().unwrap(), headers);
        response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        response
    })
    .await;
    let fetched = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    for file in ["config.json", "tokenizer.json"] {
        let read = fs::read(fetched.snapshot.join(file)).unwrap();
        assert!(read == **tiny().file(file).unwrap().bytes, "{file}");
    }
}

#[tokio::test]
async fn a_renamed_model_is_kept_under_the_name_that_was_asked_for() {
    let cache = tempfile::tempdir().unwrap();
    let hub = OddHub::start(|path, headers| match path {
        path if path.contains("/old/name") => {
            moved(&path.replace("old/name", "new/Name"))
        }
        path if path.starts_with("/api/") => {
            listing("new/Name", &[("m-Q8_0.gguf", b"weights")])
        }
        _ => file(b"weights", headers),
    })
    .await;
    let fetched = fetch(&hub.endpoint, cache.path(), "old/name").await.unwrap();
    let folder = cache.path().join("models--old--name");
    assert!(fetched.snapshot.starts_with(&folder), "{fetched:?}");
    assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
}

#[tokio::test]
async fn what_is_named_of_a_model_is_asked_for_and_taken() {
    let hub = OddHub::start(|path, headers| match path.starts_with("/api/") {
        true => listing(
            "o/n",
            &[
                ("m-Q8_0.gguf", b"eight"),
                ("m-Q4_K_M.gguf", b"four"),
                ("sub/x.gguf", b"in a folder"),
            ],
        ),
        false => {
            let bytes: &[u8] = match path.rsplit('/').next().unwrap() {
                "m-Q8_0.gguf" => b"eight",
                "m-Q4_K_M.gguf" => b"four",
                _ => b"in a folder",
            };
            file(bytes, headers)
        }
    })
    .await;
    let at = |rest: &str| format!("{}/o/n{rest}", hub.endpoint);
    for (name, bytes, revision) in [
        ("o/n".to_owned(), "eight", "main"),
        ("o/n:Q4_K_M".to_owned(), "four", "main"),
        (at("?show_file_info=m-Q4_K_M.gguf"), "four", "main"),
        (at("/tree/refs%2Fpr%2F1"), "eight", "refs%2Fpr%2F1"),
        (at("/blob/refs/pr/1/m-Q4_K_M.gguf"), "four", "refs%2Fpr%2F1"),
        (at("/tree/feature%2Fx/sub"), "in a folder", "feature%2Fx"),
        (at("/resolve/main/sub/x.gguf"), "in a folder", "main"),
    ] {
        let cache = tempfile::tempdir().unwrap();
        let before = hub.asked().len();
        let fetched = fetch(&hub.endpoint, cache.path(), &name).await.unwrap();
        assert_eq!(fs::read_to_string(&fetched.weights[0]).unwrap(), bytes, "{name}");
        let asked = format!("/api/models/o/n/revision/{revision}?blobs=true");
        assert_eq!(hub.asked()[before].0, asked, "{name}");
        let branch = revision.replace("%2F", "/");
        let noted = cache.path().join("models--o--n/refs").join(branch);
        assert_eq!(fs::read_to_string(noted).unwrap(), COMMIT, "{name}");
    }
}

#[tokio::test]
async fn an_index_is_followed_to_weights_of_any_name() {
    let cache = tempfile::tempdir().unwrap();
    let config = random_model::files(&Shape::tiny(), Kind::Base, 1).config;
    let known: Vec<(&str, &[u8])> = vec![
        ("config.json", config.leak()),
        ("tokenizer.json", b"{ }"),
        (
            "model.safetensors.index.json",
            br#"{"weight_map":{"a":"y.safetensors","b":"x.safetensors"}}"#,
        ),
        ("x.safetensors", b"x"),
        ("y.safetensors", b"y"),
    ];
    let hub = OddHub::start(move |path, headers| match path.starts_with("/api/") {
        true => listing("o/n", &known),
        false => {
            let found = known.iter().find(|(name, _)| path.ends_with(name));
            file(found.unwrap().1, headers)
        }
    })
    .await;
    let fetched = fetch(&hub.endpoint, cache.path(), "o/n").await.unwrap();
    let read: Vec<_> = fetched.weights.iter().map(|at| fs::read(at).unwrap()).collect();
    assert_eq!(read, [b"x", b"y"]);
    assert!(fetched.snapshot.join("model.safetensors.index.json").exists());
}
