//! A session and an engine on a tiny random model.

use engine::{Clock, Device, Engine, Limits, LoadOptions, Session};
use model_files::weights::PackedSink;
use model_files::{ModelFiles, WeightFiles};
use protocol::{Command, Event, Precision, Reply, Request, RequestId, TokenId};
use random_model::{Kind, Shape};
use serde_json::Value;

use super::on_a_thread;

/// A session on a tiny model; `kind` says whether it can chat.
pub(crate) fn session(kind: Kind) -> Session {
    session_of(&Shape::tiny(), kind)
}

/// A session on a random model of the given shape.
pub(crate) fn session_of(shape: &Shape, kind: Kind) -> Session {
    let files = random_model::files(shape, kind, 1);
    load(files, Precision::F32).unwrap()
}

/// A random model's files, as the engine takes them.
pub(crate) fn model_files(files: random_model::Files) -> ModelFiles {
    ModelFiles {
        name: "tiny".into(),
        weights: WeightFiles::Safetensors(vec![Box::new(files.safetensors)]),
        config: Some(files.config),
        tokenizer: Some(files.tokenizer),
        tokenizer_config: Some(files.tokenizer_config),
        generation_config: Some(files.generation_config),
        chat_template: None,
    }
}

/// A GGUF file, as the engine takes it.
pub(crate) fn gguf_files(bytes: Vec<u8>) -> ModelFiles {
    ModelFiles {
        name: "tiny".into(),
        weights: WeightFiles::Gguf(Box::new(bytes)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    }
}

/// A file in memory.
#[derive(Default)]
pub(crate) struct MemorySink(pub(crate) Vec<u8>);

impl PackedSink for MemorySink {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        let end = offset as usize + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        self.0[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }
}

/// Loads a random model's files.
pub(crate) fn load(
    files: random_model::Files,
    precision: Precision,
) -> engine::Result<Session> {
    Session::load(model_files(files), &on_cpu(precision), &mut |_| ())
}

/// An engine whose clock stands still; each number is a client.
pub(crate) fn engine(kind: Kind) -> Engine<u8> {
    let mut engine = empty_engine();
    engine.set_session(session(kind), &mut |_, _| ());
    engine
}

/// An engine without a model.
pub(crate) fn empty_engine() -> Engine<u8> {
    engine_for(Limits::default())
}

/// An engine without a model, with these limits.
pub(crate) fn engine_for(limits: Limits) -> Engine<u8> {
    let clock = Clock { monotonic_ms: || 0.0, unix_seconds: || 1_767_225_600 };
    Engine::with_limits(clock, limits)
}

/// A client's request.
pub(crate) fn request(id: u32, command: Command) -> Request {
    Request { id: RequestId(id), command }
}

/// Steps until nothing is pending; returns every event with its client and request.
pub(crate) fn run(engine: &mut Engine<u8>) -> Vec<(u8, Reply)> {
    let mut events = Vec::new();
    while engine.step(&mut |client, reply| events.push((*client, reply))) {}
    events
}

/// All events of a single command.
pub(crate) fn ask(engine: &mut Engine<u8>, command: Command) -> Vec<Event> {
    let mut events = Vec::new();
    engine.submit(0, request(1, command), &mut |_, reply| events.push(reply.event));
    events.extend(run(engine).into_iter().map(|(_, reply)| reply.event));
    events
}

/// The terminal event of a single command.
pub(crate) fn answer(engine: &mut Engine<u8>, command: Command) -> Event {
    let mut events = ask(engine, command);
    let last = events.pop().expect("every request is answered");
    assert!(last.is_terminal(), "{last:?}");
    assert!(events.iter().all(|event| !event.is_terminal()), "{events:?}");
    last
}

/// Options for the CPU, with matrices in this format.
pub(crate) fn on_cpu(precision: Precision) -> LoadOptions {
    LoadOptions {
        precision,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 2,
        start_thread: on_a_thread,
        clock_ms: || 0.0,
    }
}

/// Of a fixture's expected logits: its ids, and the probability and id of the most probable token after them.
pub(crate) fn expected_next(expected: &str) -> (Vec<TokenId>, f64, TokenId) {
    let expected: Value = serde_json::from_str(expected).unwrap();
    let ids = serde_json::from_value(expected["ids"].clone()).unwrap();
    let rows = expected["logits"].as_array().unwrap();
    let logits: Vec<f64> = serde_json::from_value(rows.last().unwrap().clone()).unwrap();
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    let (id, logit) = (0..).zip(logits).max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
    (ids, logit.exp() / sum, id)
}
