//! A server that gives out its cache: what it downloaded once, others have from it.

use std::path::Path;
use std::time::Duration;

use hub::{Access, Catalogue, Credential, Endpoint, HubError, Preference, Reference};
use native_server::{
    Access as Admission, AppState, EngineHandle, FetchLimits, FetchedModel, HubSettings,
    ServerLimits, ServerModels as Models, SharedHub, fetch_model,
};
use random_model::{Kind, Shape};
use stand_in_hub::{Behaviour, HubModel, Random, StandInHub};
use tokio::net::TcpListener;

use crate::support::Hurried;

pub(crate) const ID: &str = "owner/tiny";

pub(crate) fn at(endpoint: &str, cache: &Path) -> HubSettings {
    let endpoint = Endpoint::new(endpoint).unwrap();
    let access = Access { endpoint, ..Access::default() };
    HubSettings { access, cache: Some(cache.into()), offline: false }
}

pub(crate) async fn fetch(
    endpoint: &str,
    cache: &Path,
) -> Result<FetchedModel, HubError> {
    let settings = at(endpoint, cache);
    let reference = Reference::parse(ID, &Endpoint::default())?;
    let (transport, none) = (Hurried::new(), Catalogue::default());
    let preference = Preference::Compact;
    fetch_model(&transport, &settings, &none, &reference, preference, &|_, _| ()).await
}

/// A server that gives out these models; its address as a hub.
pub(crate) async fn serve(hub: SharedHub) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let no_model = |_: &dyn Fn(protocol::Progress)| {
        let (code, message) = (protocol::ErrorCode::NoModel, "There is none.".into());
        Err(protocol::Failure { code, message, hint: None })
    };
    let engine = EngineHandle::start(engine::Limits::default(), no_model).unwrap();
    let dist = Path::new("no such folder");
    let (models, admission) = (Models::new("", dist), Admission::default());
    let state =
        AppState::new(engine, models, dist.into(), admission, ServerLimits::default());
    let state = state.sharing(hub);
    tokio::spawn(native_server::serve(listener, state, std::future::pending()));
    format!("http://{address}/hub")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_machine_has_a_model_from_the_first_without_the_hub() {
    let model = HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let hub = StandInHub::start(vec![model.clone()], Behaviour::default()).await;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fetch(hub.endpoint(), first.path()).await.unwrap();
    hub.stop();
    let url = serve(SharedHub::new(Some(first.path().into()))).await;
    let fetched = fetch(&url, second.path()).await.unwrap();
    let weights = std::fs::read(&fetched.weights[0]).unwrap();
    assert!(weights == **model.file("model.safetensors").unwrap().bytes);
    assert!(fetched.snapshot.ends_with(&model.commit));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_class_that_asks_at_once_has_one_download_of_what_was_not_there() {
    let bytes = Random::new(8).bytes(21 << 20);
    let model = HubModel::new(ID, vec![("model-q8_0.gguf", bytes.clone())]);
    // Slow enough that all are there before it ends; and connections break.
    let pause = Some(Duration::from_millis(1));
    let behaviour = Behaviour { pause, fault_rate: 0.2, seed: 4, ..Behaviour::default() };
    let hub = StandInHub::start(vec![model], behaviour).await;
    let cache = tempfile::tempdir().unwrap();
    let shared = SharedHub::new(Some(cache.path().into()));
    let url =
        serve(shared.fetching(&at(hub.endpoint(), cache.path()), FetchLimits::default()))
            .await;
    let class: Vec<_> = (0..5).map(|_| tempfile::tempdir().unwrap()).collect();
    let fetches = class.iter().map(|folder| fetch(&url, folder.path()));
    for fetched in futures_util::future::join_all(fetches).await {
        assert!(std::fs::read(&fetched.unwrap().weights[0]).unwrap() == bytes);
    }
    // What was on its way when a connection broke came again, and nothing else.
    let sent = hub.bytes_sent();
    assert!(sent < (21 << 20) * 3 / 2, "{sent} bytes were sent");
    // From now on it is in the cache, for this server's own use, too.
    hub.stop();
    let late = tempfile::tempdir().unwrap();
    let url = serve(SharedHub::new(Some(cache.path().into()))).await;
    fetch(&url, late.path()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_behind_refuses_is_refused_with_its_reason() {
    let model = HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1));
    let gated = HubModel { gated: true, ..model };
    let hub = StandInHub::start(vec![gated], Behaviour::default()).await;
    let (cache, mine) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut settings = at(hub.endpoint(), cache.path());
    // The server may see it; those who ask the server may not.
    settings.access.credential =
        Credential::new(&settings.access.endpoint, "of-the-server");
    let shared = SharedHub::new(Some(cache.path().into()))
        .fetching(&settings, FetchLimits::default());
    let error = fetch(&serve(shared).await, mine.path()).await.unwrap_err();
    assert!(matches!(error, HubError::Gated { .. }), "{error}");
}
