//! The program itself, with its cache and its hub in variables.

use std::fs;
use std::path::Path;
use std::process::Command;

use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, HubModel, StandInHub};

const ID: &str = "owner/tiny";

fn tiny() -> HubModel {
    HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

/// Runs the program with arguments; whether it succeeded, and what it said.
fn run(home: &Path, hub: &str, offline: bool, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_native-server"));
    command.env_clear().args(arguments).env("HF_HOME", home).env("HF_ENDPOINT", hub);
    if offline {
        command.env("HF_HUB_OFFLINE", "1");
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Writes a model as `huggingface_hub` leaves it: the contents in `blobs` by their hash,
/// relative links to them in `snapshots`, the commit of the branch in `refs`.
fn python_cache(hub: &Path, model: &HubModel) {
    let folder = hub.join(format!("models--{}", model.id.replace('/', "--")));
    for place in ["blobs", "refs", "snapshots"] {
        fs::create_dir_all(folder.join(place)).unwrap();
    }
    fs::write(folder.join("refs/main"), &model.commit).unwrap();
    let snapshot = folder.join("snapshots").join(&model.commit);
    fs::create_dir_all(&snapshot).unwrap();
    for file in &model.files {
        fs::write(folder.join("blobs").join(&file.digest), &**file.bytes).unwrap();
        #[cfg(unix)]
        {
            let target = format!("../../blobs/{}", file.digest);
            std::os::unix::fs::symlink(target, snapshot.join(&file.path)).unwrap();
        }
    }
    fs::write(hub.join("CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .unwrap();
}

#[cfg(unix)]
#[test]
fn models_that_python_downloaded_are_listed_with_size_and_whether_they_run() {
    let home = tempfile::tempdir().unwrap();
    let hub = home.path().join("hub");
    python_cache(&hub, &tiny());
    let other = vec![
        ("config.json", br#"{"model_type":"rwkv6"}"#.to_vec()),
        ("model.safetensors", vec![0; 2_000_000]),
        ("tokenizer.json", b"{}".to_vec()),
    ];
    python_cache(&hub, &HubModel::new("owner/other", other));
    let readme = vec![("README.md", b"text".to_vec())];
    python_cache(&hub, &HubModel::new("owner/text-only", readme));
    let (good, said) = run(home.path(), "", true, &["list-models"]);
    assert!(good, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    let other = "2.0 MB  does not run:";
    assert!(lines[0].starts_with("owner/other ") && lines[0].contains(other), "{said}");
    assert!(lines[0].contains("rwkv6"), "{said}");
    assert!(lines[1].contains("does not run: it has neither safetensors"), "{said}");
    assert!(lines[2].starts_with("owner/tiny ") && lines[2].ends_with(" MB  llama"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_downloaded_by_its_name_and_then_there_without_the_hub() {
    let home = tempfile::tempdir().unwrap();
    let hub = StandInHub::start(vec![tiny()], Behaviour::default()).await;
    let (good, said) = run(home.path(), hub.endpoint(), false, &["download", ID]);
    assert!(good && said.contains("model.safetensors"), "{said}");
    hub.stop();
    let (good, said) = run(home.path(), hub.endpoint(), true, &["list-models"]);
    assert!(good && said.starts_with("owner/tiny "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_ends_the_program_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let gated = HubModel { gated: true, ..tiny() };
    let hub = StandInHub::start(vec![gated], Behaviour::default()).await;
    for (offline, arguments, reason) in [
        (false, ["download", ID], "give an access token"),
        (false, ["download", "owner/none"], "Check the spelling"),
        (false, ["download", "no name"], "owner/name"),
        (true, ["download", ID], "HF_HUB_OFFLINE"),
        (true, ["--model", ID], "HF_HUB_OFFLINE"),
    ] {
        let all = [&arguments[..], &["--port", "0"]].concat();
        let arguments = if arguments[0] == "download" { &arguments[..] } else { &all };
        let (good, said) = run(home.path(), hub.endpoint(), offline, arguments);
        assert!(!good && said.contains(reason), "{arguments:?}: {said}");
    }
}
