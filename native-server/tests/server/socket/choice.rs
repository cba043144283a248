//! The models of the server's machine, chosen on a page.

use std::path::Path;
use std::time::Duration;

use clap::Parser;
use futures_util::StreamExt;
use native_server::Config;
use protocol::{
    Command, ErrorCode, Event, HubModel, ModelDescription, ModelSource, Precision,
};
use random_model::{Kind, Shape};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Running, Socket, answer, next_token, send};
use crate::fixture::{Fixture, wait_until_ready};

/// A server on a tiny model of a folder, with the demo model beside it.
async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny-model");
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    files.write_to(&model).unwrap();
    let dist = folder.path().join("dist");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("demo-model");
    std::fs::create_dir_all(dist.join("demo-model")).unwrap();
    for file in ["model.gguf", "generation_config.json"] {
        std::fs::copy(demo.join(file), dist.join("demo-model").join(file)).unwrap();
    }
    Fixture::of_model(folder, &model, &dist).await
}

fn load(name: &str) -> Command {
    let name = name.to_owned();
    let model = HubModel { name, stored_only: true, ..HubModel::default() };
    Command::Load { source: ModelSource::Hub(model), precision: Precision::Auto }
}

/// Asks as a page does: again, as long as the model is being loaded.
async fn chosen(
    socket: &mut Socket,
    name: &str,
) -> Result<ModelDescription, (ErrorCode, String)> {
    send(socket, 1, load(name)).await;
    loop {
        match answer(socket, 1).await {
            Event::Ready(model) => return Ok(model),
            Event::Failed(failure) if failure.code == ErrorCode::Loading => {}
            Event::Failed(failure) => return Err((failure.code, failure.message)),
            other => panic!("{other:?} is no answer"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        send(socket, 1, Command::Describe).await;
    }
}

async fn listed(socket: &mut Socket) -> Vec<(String, u64)> {
    send(socket, 2, Command::ListModels).await;
    let Event::Models(models) = answer(socket, 2).await else {
        panic!("they are listed")
    };
    models.models.into_iter().map(|model| (model.name, model.bytes)).collect()
}

#[tokio::test]
async fn a_page_has_the_server_run_another_of_its_models_for_everyone() {
    let fixture = fixture().await;
    let app = fixture.app();
    let running = Running::start(fixture).await;
    let (mut page, mut other) = (running.connect().await, running.connect().await);
    send(&mut other, 1, next_token(vec![50])).await;
    answer(&mut other, 1).await;
    let models = listed(&mut page).await;
    let names: Vec<&str> = models.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["tiny-model", "demo"]);
    assert!(models.iter().all(|(_, bytes)| *bytes > 0), "{models:?}");

    let demo = chosen(&mut page, "demo").await.unwrap();
    assert_eq!(demo.name, "Demo model");
    assert_eq!(listed(&mut page).await[0].0, "demo");
    // A page with tokens of the model before has to connect anew.
    let ended = loop {
        match other.next().await {
            Some(Ok(Message::Close(_)) | Err(_)) | None => break true,
            Some(Ok(Message::Ping(_))) => {}
            Some(Ok(message)) => panic!("{message:?}"),
        }
    };
    assert!(ended);
    let request = crate::fixture::request(axum::http::Method::GET, "/v1/models", &[], "");
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let models: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(models["data"][0]["id"], "demo");

    let tiny = chosen(&mut page, "tiny-model").await.unwrap();
    assert_eq!(tiny.name, "tiny-model");
    assert!(tiny.vocab_size != demo.vocab_size);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_said_and_what_ran_runs_again() {
    let fixture = fixture().await;
    let folder = fixture.folder.path().join("tiny-model");
    let running = Running::start(fixture).await;
    let mut page = running.connect().await;
    assert_eq!(chosen(&mut page, "demo").await.unwrap().name, "Demo model");
    std::fs::remove_dir_all(folder).unwrap();
    let (code, message) = chosen(&mut page, "tiny-model").await.unwrap_err();
    assert_eq!(code, ErrorCode::InvalidModelFile, "{message}");
    loop {
        send(&mut page, 1, Command::Describe).await;
        match answer(&mut page, 1).await {
            Event::Ready(model) => break assert_eq!(model.name, "Demo model"),
            Event::Failed(failure) => assert_eq!(failure.code, ErrorCode::Loading),
            other => panic!("{other:?} is no answer"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_model_that_is_not_on_the_machine_is_refused() {
    let running = Running::start(fixture().await).await;
    let mut page = running.connect().await;
    for name in ["owner/name", "../tiny-model", "/etc", ""] {
        let (code, _) = chosen(&mut page, name).await.unwrap_err();
        assert_eq!(code, ErrorCode::Unsupported, "{name}");
    }
}

/// An engine of its own with a tiny model of `seed`, and an entry of a list that names it.
async fn engine(name: &str, seed: u64) -> (Running, Value) {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join(format!("{name}-model"));
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, seed);
    files.write_to(&model).unwrap();
    let dist = folder.path().join("dist");
    let running = Running::start(Fixture::of_model(folder, &model, &dist).await).await;
    let addresses = [format!("http://{}", running.address)];
    let entry = json!({ "name": name, "addresses": addresses, "tokenizer": model });
    (running, entry)
}

/// The most probable tokens, with their probabilities to five digits.
async fn most_probable(socket: &mut Socket) -> Vec<(u32, i64)> {
    send(socket, 3, next_token(vec![50, 51])).await;
    let Event::Distribution(found) = answer(socket, 3).await else { panic!() };
    let rounded = |p: f32| (f64::from(p) * 1e5).round() as i64;
    let first = found.candidates.iter().take(5);
    first.map(|c| (c.token.id, rounded(c.probability))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_the_server_ask_another_engine_of_its_list() {
    let (near, of_near) = engine("near", 1).await;
    let (far, of_far) = engine("far", 2).await;
    let gone = json!({ "name": "gone", "addresses": ["http://127.0.0.1:9"],
        "tokenizer": of_near["tokenizer"] });
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("engines.json");
    std::fs::write(&list, json!([of_far, of_near, gone]).to_string()).unwrap();
    let list = list.to_str().unwrap();
    let options = ["native-server", "--upstream-list", list, "--upstream", "near"];
    let config = Config::try_parse_from(options).unwrap();
    let state = native_server::state(&config).unwrap();
    wait_until_ready(state.engine()).await;
    let running = Running::start(Fixture { folder, state }).await;
    let mut page = running.connect().await;
    let nothing = |name: &str| (name.to_owned(), 0);
    assert_eq!(listed(&mut page).await, ["near", "far", "gone"].map(nothing));
    let of_near = most_probable(&mut near.connect().await).await;
    let of_far = most_probable(&mut far.connect().await).await;
    assert_ne!(of_near, of_far);
    assert_eq!(most_probable(&mut page).await, of_near);

    chosen(&mut page, "far").await.unwrap();
    assert_eq!(listed(&mut page).await[0].0, "far");
    assert_eq!(most_probable(&mut page).await, of_far);

    let (_, message) = chosen(&mut page, "gone").await.unwrap_err();
    assert!(message.contains("127.0.0.1:9"), "{message}");
    loop {
        send(&mut page, 1, Command::Describe).await;
        if matches!(answer(&mut page, 1).await, Event::Ready(_)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(listed(&mut page).await[0].0, "far");
    let (code, _) = chosen(&mut page, "elsewhere").await.unwrap_err();
    assert_eq!(code, ErrorCode::Unsupported);
}
