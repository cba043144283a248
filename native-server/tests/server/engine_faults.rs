//! Faults of the engine itself: what was asked is answered, and the server goes on. The
//! clock that a model measures its threads by is made to panic in the midst of a pass.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::StatusCode;
use engine::{Device, Limits, LoadOptions, Session};
use native_server::{EngineHandle, ModelPlace, ServerModels};
use protocol::{
    Command, ErrorCode, Event, Failure, Precision, Request, RequestId, SamplerSettings,
};
use random_model::{Kind, Shape};
use serde_json::{Value, json};

use crate::fixture::{Fixture, wait_until_ready};

thread_local! {
    /// Whether this thread loads a model, which looks at the clock, too.
    static LOADS: Cell<bool> = const { Cell::new(false) };
}

fn load(folder: &Path, clock_ms: fn() -> f64) -> Session {
    let model = folder.to_str().unwrap();
    let place = ServerModels::new(model, "dist".as_ref()).locate(true).unwrap();
    let ModelPlace::Here(location) = place else { panic!("it is here") };
    let options = LoadOptions {
        precision: Precision::Auto,
        device: Device::Cpu,
        device_name: "CPU".into(),
        // With one thread there is nothing to measure.
        threads: 2,
        start_thread: |body| std::thread::Builder::new().spawn(body).is_ok(),
        clock_ms,
    };
    LOADS.set(true);
    let session = Session::load(location.open().unwrap(), &options, &mut |_| {}).unwrap();
    LOADS.set(false);
    session
}

/// A server whose engine is at fault when its clock is, and how often its model was loaded.
fn at_fault(clock_ms: fn() -> f64) -> (Fixture, Arc<AtomicUsize>) {
    let model = tempfile::tempdir().unwrap();
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    files.write_to(model.path()).unwrap();
    let loads = Arc::new(AtomicUsize::new(0));
    let count = loads.clone();
    // Only passes of one token are measured, so no two requests are worked on at once.
    let limits = Limits { active: 1, sequences: 8, ..Limits::default() };
    let engine = EngineHandle::start(limits, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(load(model.path(), clock_ms))
    });
    (Fixture::with_engine(engine.unwrap()), loads)
}

fn generate(id: u32) -> Request {
    let command = Command::Generate {
        ids: vec![50, 60, 70],
        settings: SamplerSettings { seed: id, ..SamplerSettings::default() },
        max_new_tokens: 100,
        candidates: 1,
    };
    Request { id: RequestId(id), command }
}

fn question() -> Value {
    json!({ "text": "Hello", "seed": 1, "temperature": 0 })
}

#[tokio::test]
async fn after_a_fault_all_that_was_asked_is_answered_and_the_model_is_loaded_again() {
    static FAULT: AtomicBool = AtomicBool::new(false);
    let (fixture, loads) = at_fault(|| match FAULT.swap(false, Ordering::Relaxed) {
        true => panic!("this is a test"),
        false => 0.0,
    });
    wait_until_ready(fixture.state.engine()).await;
    let before = fixture.post("/api/distribution", question()).await.json();
    let mut clients = [0; 3].map(|_| fixture.state.engine().client());
    for client in &mut clients {
        client.send(generate(1)).await.unwrap();
        client.send(generate(2)).await.unwrap();
    }
    FAULT.store(true, Ordering::Relaxed);
    let mut cut_off = 0;
    for client in &mut clients {
        let mut answered = Vec::new();
        while answered.len() < 2 {
            let reply = client.next().await.expect("it is answered");
            match reply.event {
                Event::Failed(failure) if failure.code == ErrorCode::Internal => {
                    cut_off += 1;
                }
                // Who asked a moment later was answered by the next engine, or too soon.
                Event::Failed(failure) => assert_eq!(failure.code, ErrorCode::Loading),
                event if !event.is_terminal() => continue,
                _ => {}
            }
            answered.push(reply.id.0);
        }
        answered.sort();
        assert_eq!(answered, [1, 2]);
    }
    assert!(cut_off > 0, "nothing was under way");
    wait_until_ready(fixture.state.engine()).await;
    assert_eq!(loads.load(Ordering::Relaxed), 2);
    let after = fixture.post("/api/distribution", question()).await;
    assert_eq!(after.json()["candidates"], before["candidates"]);
    // The same client goes on.
    clients[0].send(generate(3)).await.unwrap();
    let first = clients[0].next().await.unwrap();
    assert!(matches!(first.event, Event::Token(_)), "{first:?}");
    let metrics = fixture.get("/metrics").await.text();
    assert!(metrics.contains("nexttoken_engine_restarts_total 1"), "{metrics}");
}

#[tokio::test]
async fn a_stream_that_a_fault_breaks_off_ends_with_the_reason() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let (fixture, _) = at_fault(|| match CALLS.fetch_add(1, Ordering::Relaxed) {
        20 => panic!("this is a test"),
        _ => 0.0,
    });
    wait_until_ready(fixture.state.engine()).await;
    let body = json!({ "ids": [50, 60], "max_new_tokens": 500, "seed": 7 });
    let events = fixture.post("/api/generate", body).await;
    assert_eq!(events.status, StatusCode::OK);
    let last = events.text().trim().lines().last().unwrap().to_owned();
    assert!(last.contains("\"failed\"") && last.contains("loaded again"), "{last}");
}

#[tokio::test]
async fn an_engine_that_is_at_fault_again_and_again_is_given_up_with_a_word() {
    let (fixture, loads) = at_fault(|| match LOADS.get() {
        true => 0.0,
        false => panic!("this is a test"),
    });
    let body = json!({ "prompt": "Hello", "max_tokens": 3, "ignore_eos": true });
    let told = loop {
        let answer = fixture.post("/v1/completions", &body).await;
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        if message.contains("again and again") {
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
            break message;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    };
    assert!(told.contains("Start the server again"), "{told}");
    assert_eq!(loads.load(Ordering::Relaxed), 4);
    assert_eq!(fixture.get("/healthz").await.json()["status"], "failed");
    assert_eq!(fixture.get("/api/models").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_is_the_servers_fault_whatever_was_wrong_with_it() {
    for code in [ErrorCode::ChatTemplate, ErrorCode::Unsupported, ErrorCode::InvalidToken]
    {
        let fixture = Fixture::with_loader(move || {
            let message = "The template has an unknown tag.".into();
            let hint = Some("Change or clear the conversation.".into());
            Err(Failure { code, message, hint })
        });
        let answer = loop {
            let answer = fixture.get("/v1/models").await;
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                break answer;
            }
        };
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{code:?}");
        let error = answer.json()["error"].clone();
        assert_eq!(error["type"], "server_error");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("unknown tag") && message.contains("another model"));
        assert!(!message.contains("conversation"), "{message}");
        let question = fixture.post("/v1/completions", json!({ "prompt": "a" })).await;
        assert_eq!(question.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
