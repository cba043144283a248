//! Killed or stopped in the middle of work.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use random_model::{Kind, Shape};
use serde_json::{Value, json};
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::running::{Program, tiny_model};

fn question() -> Value {
    json!({ "text": "Once upon a", "candidates": 5, "seed": 1 })
}

/// Streams that take long, all of which have begun.
fn streams(program: &Program, count: usize) -> Vec<TcpStream> {
    let body = json!({ "text": "Hello", "max_new_tokens": 512 }).to_string();
    let streams = (0..count).map(|_| {
        let mut stream = program.send("POST", "/api/generate", &body);
        stream.read_exact(&mut [0; 12]).unwrap();
        stream
    });
    streams.collect()
}

#[test]
fn killed_at_work_it_starts_again_at_once_and_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny_model(folder.path());
    let program = Program::ready(&model, &[]);
    let port = program.port.to_string();
    let before = program.post("/api/distribution", &question()).json();
    let cut_off = streams(&program, 20);
    program.kill();
    for mut stream in cut_off {
        // It ends, by a reset or as if that were all.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let again = Program::ready_on(&port, &model, &[]);
    let after = again.post("/api/distribution", &question()).json();
    assert_eq!(after["candidates"], before["candidates"]);
    assert_eq!(after["sampled"], before["sampled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_download_it_goes_on_where_it_was() {
    let home = tempfile::tempdir().unwrap();
    let shape = Shape { vocab_size: 200_000, ..Shape::tiny() };
    let model = HubModel::of("owner/big", &random_model::files(&shape, Kind::Base, 1));
    let size: usize = model.files.iter().map(|file| file.bytes.len()).sum();
    let pause = Some(Duration::from_millis(4));
    let hub = StandInHub::start(vec![model], Behaviour { pause, ..Behaviour::default() });
    let hub = hub.await;
    let (home, endpoint) = (home.path().to_str().unwrap().to_owned(), hub.endpoint());
    let endpoint = endpoint.to_owned();
    let start = move || {
        let variables = [("HF_HOME", &*home), ("HF_ENDPOINT", &*endpoint)];
        Program::start(&["--port", "0", "--model", "owner/big"], &variables)
    };
    let start = std::sync::Arc::new(start);
    let mut kills = 0;
    loop {
        let start = start.clone();
        let program = tokio::task::spawn_blocking(move || start()).await.unwrap();
        let sent = hub.bytes_sent();
        let health = || program.get("/healthz");
        // A third of it each time.
        while hub.bytes_sent() < sent + size as u64 / 3 && health().status != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if kills == 2 {
            tokio::task::block_in_place(|| program.wait_until_ready());
            break;
        }
        kills += 1;
        program.kill();
    }
    // What was under way when it was killed came again, and no more.
    let (sent, size) = (hub.bytes_sent(), size as u64);
    assert!(sent < 2 * size, "{sent} bytes were sent of {size}");
}

#[test]
fn asked_to_stop_it_ends_in_bounded_time_whoever_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::ready(&tiny_model(folder.path()), &[]);
    let open = streams(&program, 20);
    let idle: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(("127.0.0.1", program.port)).unwrap())
        .collect();
    let start = Instant::now();
    program.terminate();
    let status = program.ended();
    assert!(status.success(), "{status}");
    // Five seconds of grace, one of farewell, and a busy machine.
    assert!(start.elapsed() < Duration::from_secs(60));
    assert!(TcpStream::connect(("127.0.0.1", program.port)).is_err());
    drop((open, idle));
}
