//! Downloads into the cache that Python's `huggingface_hub` uses, laid out as it does.

use std::fs;
use std::path::Path;

use hub::{
    Access, Catalogue, Credential, Endpoint, HubError, Preference, Reference, TokenUse,
};
use native_server::{FetchedModel, HubSettings, fetch_model};
use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, Entry, HubModel, StandInHub};

use crate::support::Hurried;

const ID: &str = "owner/tiny";

fn tiny() -> HubModel {
    HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

fn settings(hub: &StandInHub, cache: &Path) -> HubSettings {
    let endpoint = Endpoint::new(hub.endpoint()).unwrap();
    let access = Access { endpoint, ..Access::default() };
    HubSettings { access, cache: Some(cache.into()), offline: false }
}

async fn fetch(settings: &HubSettings, name: &str) -> Result<FetchedModel, HubError> {
    let reference = Reference::parse(name, &settings.access.endpoint)?;
    let (catalogue, preference) = (Catalogue::default(), Preference::Compact);
    let transport = Hurried::new();
    fetch_model(&transport, settings, &catalogue, &reference, preference, &|_, _| ())
        .await
}

#[tokio::test]
async fn a_download_lies_where_the_hubs_own_programs_look_for_it() {
    let cache = tempfile::tempdir().unwrap();
    let model = tiny();
    let hub = StandInHub::start(vec![model.clone()], Behaviour::default()).await;
    let settings = settings(&hub, cache.path());
    let fetched = fetch(&settings, ID).await.unwrap();
    let folder = cache.path().join("models--owner--tiny");
    assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), model.commit);
    assert_eq!(fetched.snapshot, folder.join("snapshots").join(&model.commit));
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let file = model.file(name).unwrap();
        let place = fetched.snapshot.join(name);
        assert_eq!(fs::read(&place).unwrap(), **file.bytes, "{name}");
        #[cfg(unix)]
        {
            let link = fs::read_link(&place).unwrap();
            assert_eq!(link, Path::new("../../blobs").join(&file.digest));
        }
    }
    assert!(!fetched.snapshot.join("README.md").exists());
    let left: Vec<_> = fs::read_dir(folder.join("blobs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let sent = hub.bytes_sent();
    fetch(&settings, ID).await.unwrap();
    assert_eq!(hub.bytes_sent(), sent, "what is there is not fetched again");
}

#[tokio::test]
async fn what_an_older_program_began_is_gone_on_with() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = stand_in_hub::Random::new(5).bytes(9 << 20);
    let model = HubModel::new(ID, vec![("model.gguf", bytes.clone())]);
    let hub = StandInHub::start(vec![model.clone()], Behaviour::default()).await;
    let digest = &model.files[0].digest;
    let blobs = cache.path().join("models--owner--tiny/blobs");
    fs::create_dir_all(&blobs).unwrap();
    // 4 MiB are a chunk; what is beyond the last whole one comes again.
    let begun = &bytes[..(5 << 20)];
    fs::write(blobs.join(format!("{digest}.incomplete")), begun).unwrap();
    let fetched = fetch(&settings(&hub, cache.path()), ID).await.unwrap();
    assert_eq!(fs::read(&fetched.weights[0]).unwrap(), bytes);
    assert_eq!(hub.bytes_sent(), 5 << 20);
}

#[tokio::test]
async fn a_file_in_a_folder_of_the_model_is_linked_from_as_deep() {
    let cache = tempfile::tempdir().unwrap();
    let model = HubModel::new(ID, vec![("gguf/a/m-q8_0.gguf", vec![1, 2, 3])]);
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    let fetched = fetch(&settings(&hub, cache.path()), ID).await.unwrap();
    assert_eq!(fs::read(&fetched.weights[0]).unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_gated_model_wants_a_token_and_is_had_with_one() {
    let cache = tempfile::tempdir().unwrap();
    let model = HubModel { gated: true, ..tiny() };
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    let mut settings = settings(&hub, cache.path());
    let error = fetch(&settings, ID).await.unwrap_err();
    assert!(matches!(&error, HubError::Gated { id, .. } if id == ID), "{error}");
    settings.access.credential = Credential::new(&settings.access.endpoint, "any");
    fetch(&settings, ID).await.unwrap();
}

#[tokio::test]
async fn wrong_bytes_never_become_a_part_of_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let wrong_file = Some("model.safetensors".into());
    let behaviour = Behaviour { wrong_file, ..Behaviour::default() };
    let hub = StandInHub::start(vec![tiny()], behaviour).await;
    let error = fetch(&settings(&hub, cache.path()), ID).await.unwrap_err();
    assert!(matches!(error, HubError::WrongBytes { .. }), "{error}");
    let folder = cache.path().join("models--owner--tiny");
    assert!(!folder.join("snapshots").exists());
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_told_by_its_address() {
    let cache = tempfile::tempdir().unwrap();
    let hub = StandInHub::start(Vec::new(), Behaviour::default()).await;
    let settings = settings(&hub, cache.path());
    let error = fetch(&settings, "no/such").await.unwrap_err();
    assert!(
        matches!(error, HubError::Unauthorized { token: TokenUse::None, .. }),
        "{error}"
    );
    assert_eq!(hub.log(), [Entry::Listed, Entry::Refused(401)]);
    drop(hub);
    let error = fetch(&settings, ID).await.unwrap_err();
    let host = &settings.access.endpoint.host();
    assert!(matches!(&error, HubError::Offline { .. }), "{error}");
    assert!(error.to_string().contains(host.as_str()), "{error}");
}

#[tokio::test]
async fn what_the_engine_does_not_run_is_refused_before_its_weights_are_fetched() {
    let whole = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let quantised = r#"{"quantization_config": {"quant_method": "gptq"}, "#;
    let quantised = [quantised.as_bytes(), &whole.config[1..]].concat();
    let unknown = br#"{"model_type": "rwkv6", "time_step_limit": [0.0, Infinity]}"#;
    for (config, reason) in
        [(quantised, "quantised by gptq"), (unknown.to_vec(), "rwkv6")]
    {
        let cache = tempfile::tempdir().unwrap();
        let model = HubModel::of(ID, &random_model::Files { config, ..whole.clone() });
        let hub = StandInHub::start(vec![model], Behaviour::default()).await;
        let error = fetch(&settings(&hub, cache.path()), ID).await.unwrap_err();
        assert!(matches!(error, HubError::NoWeights { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(
            hub.bytes_sent() < whole.safetensors.len() as u64 / 2,
            "{}",
            hub.bytes_sent()
        );
    }
}
