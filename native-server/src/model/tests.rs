//! Finding models, in folders as people and programs leave them.

use std::fs;
use std::path::{Path, PathBuf};

use engine::{Device, EngineError, LoadOptions, Session};
use model_files::{ModelFileError, WeightFiles};
use protocol::Precision;
use random_model::{Kind, Shape};
use tempfile::{TempDir, tempdir};

use super::folder::WeightPaths;
use super::{HubCache, LocationError, ModelLocation, ModelPlace, ServerModels};

const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];

/// A folder with files of a few bytes.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempdir().unwrap();
    write(folder.path(), files);
    folder
}

fn write(folder: &Path, files: &[&str]) {
    fs::create_dir_all(folder).unwrap();
    files.iter().for_each(|name| fs::write(folder.join(name), b"{}").unwrap());
}

/// A cache with a model, of which `branch` says what its main branch is.
fn cache(
    id: &str,
    commit: &str,
    branch: Option<&str>,
    files: &[&str],
) -> (TempDir, HubCache) {
    let root = tempdir().unwrap();
    let hub = HubCache { root: Some(root.path().to_owned()) };
    let model = hub.folder(id).unwrap();
    write(&model.join("snapshots").join(commit), files);
    if let Some(branch) = branch {
        fs::create_dir_all(model.join("refs")).unwrap();
        fs::write(model.join("refs/main"), branch).unwrap();
    }
    (root, hub)
}

fn find_with(wanted: &str, hub: &HubCache) -> Result<ModelLocation, LocationError> {
    ModelLocation::find(wanted, &hub::Endpoint::default(), hub)
}

fn server_models(
    current: String,
    endpoint: hub::Endpoint,
    dist: PathBuf,
    hub: HubCache,
) -> ServerModels {
    let none = ServerModels::new("", "".as_ref());
    ServerModels { current, endpoint, dist, hub, ..none }
}

fn find(wanted: &str) -> Result<ModelLocation, LocationError> {
    find_with(wanted, &HubCache { root: None })
}

fn find_in(folder: &Path) -> Result<Vec<String>, LocationError> {
    let files = match WeightPaths::in_folder(folder)? {
        WeightPaths::Gguf(file) => vec![file],
        WeightPaths::Safetensors(files) => files,
        WeightPaths::Embedded(_) => Vec::new(),
    };
    Ok(files.iter().map(|file| super::name::file_name(file)).collect())
}

#[test]
fn the_weights_of_a_folder_are_found_in_their_usual_forms() {
    let single = folder(&[&NEEDED[..], &["model.safetensors", "x.gguf"]].concat());
    assert_eq!(find_in(single.path()).unwrap(), ["model.safetensors"]);
    let only = folder(&["whatever.GGUF"]);
    assert_eq!(find_in(only.path()).unwrap(), ["whatever.GGUF"]);
    let usual = folder(&["model.gguf", "other.gguf"]);
    assert_eq!(find_in(usual.path()).unwrap(), ["model.gguf"]);
}

#[test]
fn the_parts_of_weights_are_those_of_the_index_each_once() {
    let parts = folder(&[&NEEDED[..], &["a.safetensors", "b.safetensors"]].concat());
    let index = parts.path().join("model.safetensors.index.json");
    let map =
        r#"{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#;
    fs::write(&index, map).unwrap();
    assert_eq!(find_in(parts.path()).unwrap(), ["a.safetensors", "b.safetensors"]);
    for (map, reason) in [
        (r#"{"weight_map":{"x":"c.safetensors"}}"#, "c.safetensors is missing"),
        (r#"{"weight_map":{"x":"../secret"}}"#, "../secret"),
        (r#"{"weight_map":{"x":"/etc/passwd"}}"#, "/etc/passwd"),
        (r#"{"weight_map":{"x":".."}}"#, ".."),
        ("{", "cannot be used"),
    ] {
        fs::write(&index, map).unwrap();
        let error = find_in(parts.path()).unwrap_err().to_string();
        assert!(error.contains(reason), "{map} gave {error}");
    }
}

#[test]
fn a_folder_that_is_no_model_is_told_what_it_lacks() {
    for (files, reason) in [
        (&["pytorch_model.bin"][..], "Python's own format"),
        (&["model.safetensors", "config.json"], "has no tokenizer.json"),
        (&["model.safetensors", "tokenizer.json"], "has no config.json"),
        (&["a.gguf", "b.gguf"], "a.gguf, b.gguf"),
    ] {
        let folder = folder(files);
        let error = find_in(folder.path()).unwrap_err().to_string();
        assert!(error.contains(reason), "{files:?} gave {error}");
    }
}

#[test]
fn a_single_file_stands_for_itself_without_its_neighbours() {
    let folder = folder(&["small.gguf", "tokenizer.json"]);
    let file = folder.path().join("small.gguf");
    let files = find(file.to_str().unwrap()).unwrap().open().unwrap();
    assert_eq!(files.name, "small.gguf");
    assert!(matches!(files.weights, WeightFiles::Gguf(file) if file.length() == 2));
    assert!(files.tokenizer.is_none());
}

#[test]
fn the_files_beside_the_weights_are_read_where_they_are() {
    let files = [&NEEDED[..], &["model.safetensors", "chat_template.jinja"]].concat();
    let folder = folder(&files);
    let files = find(folder.path().to_str().unwrap()).unwrap().open().unwrap();
    assert_eq!(files.config.as_deref(), Some(&b"{}"[..]));
    assert!(files.tokenizer.is_some() && files.chat_template.is_some());
    assert!(files.generation_config.is_none());
}

#[test]
fn a_name_leads_to_the_download_of_its_main_branch_or_to_the_only_one() {
    let id = "Owner/Small-Model";
    for branch in [Some("abc\n"), None, Some("lost")] {
        let (_root, hub) = cache(id, "abc", branch, &["model.gguf"]);
        let location = find_with(id, &hub).unwrap();
        assert_eq!(location.name, id);
        assert!(location.folder.unwrap().ends_with("snapshots/abc"), "{branch:?}");
    }
    let (_root, hub) = cache(id, "abc", Some("abc"), &["model.gguf"]);
    write(&hub.folder(id).unwrap().join("snapshots/def"), &["other.gguf"]);
    let location = find_with(id, &hub).unwrap();
    assert!(location.folder.unwrap().ends_with("snapshots/abc"));
}

#[test]
fn what_is_not_here_is_told_with_what_is() {
    let (_root, hub) = cache("owner/here", "abc", None, &["model.gguf"]);
    let error = find_with("owner/elsewhere", &hub).unwrap_err().to_string();
    for part in ["owner/elsewhere", "demo, owner/here"] {
        assert!(error.contains(part), "{error}");
    }
    let error = find("../nothing").unwrap_err().to_string();
    assert!(error.contains("There is no model"));
}

#[test]
fn a_model_is_found_again_by_whatever_it_was_asked_for() {
    let (root, hub) = cache("o/n", "abc", Some("abc"), &["m-Q8_0.gguf", "m-Q4_0.gguf"]);
    let snapshot = hub.folder("o/n").unwrap().join("snapshots/abc");
    write(&snapshot.join("sub"), &["x.gguf"]);
    fs::create_dir_all(hub.folder("o/n").unwrap().join("refs/refs/pr")).unwrap();
    fs::write(hub.folder("o/n").unwrap().join("refs/refs/pr/1"), "abc").unwrap();
    for (wanted, file) in [
        ("o/n", "m-Q8_0.gguf"),
        ("http://hub.example:81/o/n", "m-Q8_0.gguf"),
        ("huggingface.co/o/n", "m-Q8_0.gguf"),
        ("o/n:Q4_0", "m-Q4_0.gguf"),
        ("o/n/m-Q4_0.gguf", "m-Q4_0.gguf"),
        ("o/n/sub/x.gguf", "sub/x.gguf"),
        ("http://hub.example:81/o/n/tree/main/sub", "sub/x.gguf"),
        ("http://hub.example:81/o/n/tree/refs%2Fpr%2F1", "m-Q8_0.gguf"),
    ] {
        let endpoint = hub::Endpoint::new("http://hub.example:81").unwrap();
        let (current, dist) = (wanted.to_owned(), root.path().join("dist"));
        let catalogue = server_models(current, endpoint, dist, hub.clone());
        match catalogue.locate(true).unwrap() {
            ModelPlace::Here(location) => {
                let found = location.files();
                assert_eq!(found.trim(), snapshot.join(file).display().to_string());
            }
            elsewhere => panic!("{wanted}: {elsewhere:?}"),
        }
    }
}

#[test]
fn what_is_not_on_a_hub_is_not_looked_for_there() {
    for (wanted, said) in [
        ("https://elsewhere.example/x.gguf", "download the file first"),
        ("datasets/o/n", "a data set and not a model"),
        ("not a model", "There is no model"),
        ("./no/such/folder", "There is no model"),
        ("C:\\models\\x", "There is no model"),
    ] {
        let (endpoint, hub) = (hub::Endpoint::default(), HubCache { root: None });
        let (current, dist) = (wanted.to_owned(), PathBuf::from("dist"));
        let error =
            server_models(current, endpoint, dist, hub).locate(false).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn the_demo_lies_in_the_site_or_beside_it() {
    let root = tempdir().unwrap();
    let dist = root.path().join("dist");
    write(&root.path().join("demo-model"), &["model.gguf"]);
    let folder_of = |location: ModelLocation| -> PathBuf { location.folder.unwrap() };
    let beside = folder_of(ModelLocation::demo(&dist).unwrap());
    assert_eq!(beside, root.path().join("demo-model"));
    write(&dist.join("demo-model"), &["model.gguf"]);
    let inside = folder_of(ModelLocation::demo(&dist).unwrap());
    assert_eq!(inside, dist.join("demo-model"));
}

#[test]
fn the_catalogue_lists_what_can_be_asked_for_and_the_current_model_first() {
    let (root, hub) = cache("owner/whole", "abc", None, &["model.gguf"]);
    let broken = hub.folder("owner/broken").unwrap();
    write(&broken.join("snapshots/abc"), &["config.json"]);
    let dist = root.path().join("dist");
    write(&dist.join("demo-model"), &["model.gguf"]);
    let ids = |current: &str| {
        let current = current.to_owned();
        let endpoint = hub::Endpoint::default();
        server_models(current, endpoint, dist.clone(), hub.clone()).ids()
    };
    assert_eq!(ids("demo"), ["demo", "owner/whole"]);
    assert_eq!(ids("owner/whole"), ["owner/whole", "demo"]);
    assert_eq!(ids("/some/folder"), ["folder", "demo", "owner/whole"]);
}

#[test]
fn a_model_is_found_by_the_name_that_it_had_when_it_was_downloaded() {
    let (_root, hub) = cache("owner/small", "abc", Some("abc"), &["model-q8_0.gguf"]);
    let dist = PathBuf::from("dist");
    for (wanted, name) in [
        ("owner/small", "owner/small"),
        ("owner/small@main", "owner/small"),
        ("https://huggingface.co/owner/small", "owner/small"),
        ("owner/small/model-q8_0.gguf", "owner/small/model-q8_0.gguf"),
    ] {
        let endpoint = hub::Endpoint::default();
        let (current, hub, dist) = (wanted.into(), hub.clone(), dist.clone());
        let catalogue = server_models(current, endpoint, dist, hub);
        assert_eq!(catalogue.id(), name);
        match catalogue.locate(true).unwrap() {
            ModelPlace::Here(location) => assert_eq!(location.name, name),
            elsewhere => panic!("{elsewhere:?}"),
        }
    }
}

#[test]
fn others_are_not_told_where_a_files_folder_is() {
    let (file, reason) = ("/home/someone/models/config.json".into(), "no access".into());
    let error = LocationError::Unreadable { file, reason };
    assert_eq!(error.for_others(), "The model's config.json cannot be used: no access.");
}

#[test]
fn weights_that_are_cut_short_after_they_were_opened_are_an_error() {
    let folder = tempdir().unwrap();
    random_model::files(&Shape::tiny(), Kind::Base, 1).write_to(folder.path()).unwrap();
    let files = find(folder.path().to_str().unwrap()).unwrap().open().unwrap();
    let weights = folder.path().join("model.safetensors");
    let length = fs::metadata(&weights).unwrap().len();
    fs::File::options().write(true).open(weights).unwrap().set_len(length / 2).unwrap();
    let options = LoadOptions {
        precision: Precision::Q8,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 1,
        start_thread: |_| false,
        clock_ms: || 0.0,
    };
    let error = Session::load(files, &options, &mut |_| ()).unwrap_err();
    assert!(matches!(error, EngineError::ModelFile(ModelFileError::File(_))), "{error}");
}
