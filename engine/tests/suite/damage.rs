//! Damaged files: each is refused with a sentence, or works. A model that loads also
//! computes a distribution, because damaged weights show only there.

use engine::{EngineError, ReadRequest, Session};
use model_files::{ModelFileError, ModelFiles, WeightFiles};
use protocol::{Command, ErrorCode, Event, Precision, SamplerSettings};
use random_model::{Files, Kind, Shape};

use crate::common::tiny::{answer, empty_engine, load, on_cpu};
use test_support::{Random, limited};

/// The number of times that each file is damaged.
const ROUNDS: usize = 300;

/// A model that loads in a millisecond.
fn small() -> Files {
    let shape = Shape {
        hidden_size: 16,
        intermediate_size: 32,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        ..Shape::tiny()
    };
    random_model::files(&shape, Kind::Instruct, 1)
}

/// The number of models that were refused, and of those that computed a distribution or
/// failed with a sentence.
#[derive(Debug, Default)]
struct Counts {
    refused: usize,
    answered: usize,
}

impl Counts {
    fn count(&mut self, session: engine::Result<Session>) {
        match session {
            Err(error) => {
                let error = error.to_string();
                assert!(error.len() > 10 && error.len() < 2000, "{error}");
                self.refused += 1;
            }
            Ok(session) => {
                let mut engine = empty_engine();
                engine.set_session(session, &mut |_, _| ());
                let settings = SamplerSettings::default();
                let ids = vec![5, 6, 7];
                let command =
                    Command::NextToken { ids, settings, candidates: 5, watch: vec![] };
                match answer(&mut engine, command) {
                    Event::Distribution(distribution) => {
                        let mut shown = distribution.candidates.iter();
                        assert!(shown.all(|c| c.probability.is_finite()));
                    }
                    Event::Failed(failure) => assert!(failure.message.ends_with('.')),
                    other => panic!("{other:?}"),
                }
                self.answered += 1;
            }
        }
    }
}

fn damage_each(name: &str, file: impl Fn(&mut Files) -> &mut Vec<u8>) {
    let counts = count_damaged(name, file);
    assert!(counts.refused > ROUNDS / 10, "{counts:?}");
}

fn count_damaged(name: &str, file: impl Fn(&mut Files) -> &mut Vec<u8>) -> Counts {
    let (whole, mut random, mut counts) = (small(), Random::new(7), Counts::default());
    for _ in 0..ROUNDS {
        let mut files = whole.clone();
        let bytes = file(&mut files);
        *bytes = random.damage(bytes);
        counts.count(load(files, Precision::Q8));
    }
    println!("{name}: {counts:?}");
    counts
}

#[test]
fn damaged_safetensors_are_refused_or_compute() {
    limited("damage::damaged_safetensors_are_refused_or_compute", || {
        damage_each("safetensors", |files| &mut files.safetensors);
    });
}

#[test]
fn damaged_headers_of_safetensors_are_refused_or_compute() {
    limited("damage::damaged_headers_of_safetensors_are_refused_or_compute", || {
        let (whole, mut random) = (small(), Random::new(8));
        let length = whole.safetensors[..8].try_into().unwrap();
        let (header, data) =
            whole.safetensors.split_at(8 + u64::from_le_bytes(length) as usize);
        let mut counts = Counts::default();
        for _ in 0..ROUNDS {
            let safetensors = [&random.damage(header), data].concat();
            counts.count(load(Files { safetensors, ..whole.clone() }, Precision::F32));
        }
        println!("headers: {counts:?}");
        assert!(counts.refused > ROUNDS / 2, "{counts:?}");
    });
}

#[test]
fn damaged_configurations_are_refused_or_compute() {
    limited("damage::damaged_configurations_are_refused_or_compute", || {
        damage_each("config.json", |files| &mut files.config);
        damage_each("tokenizer.json", |files| &mut files.tokenizer);
        let counts =
            count_damaged("tokenizer_config.json", |files| &mut files.tokenizer_config);
        // Only chat needs this file.
        assert_eq!(counts.refused, 0);
        let counts =
            count_damaged("generation_config.json", |files| &mut files.generation_config);
        // A broken file of this name is ignored.
        assert_eq!(counts.refused, 0);
    });
}

#[test]
fn configurations_with_absurd_numbers_are_refused() {
    limited("damage::configurations_with_absurd_numbers_are_refused", || {
        let whole = small();
        let config: serde_json::Value = serde_json::from_slice(&whole.config).unwrap();
        let numbers = ["0", "-1", "1e300", "18446744073709551615", "4294967296", "null"];
        let numbers = numbers.map(|n| n.parse::<serde_json::Value>().unwrap());
        let mut counts = Counts::default();
        for key in config.as_object().unwrap().keys() {
            for number in &numbers {
                let mut changed = config.clone();
                changed[key] = number.clone();
                let config = changed.to_string().into_bytes();
                counts.count(load(Files { config, ..whole.clone() }, Precision::Q8));
            }
        }
        println!("absurd numbers: {counts:?}");
        assert!(counts.refused > 30, "{counts:?}");
    });
}

#[test]
fn damaged_gguf_models_are_refused_or_compute() {
    limited("damage::damaged_gguf_models_are_refused_or_compute", || {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo-model/model.gguf");
        let whole = std::fs::read(path).unwrap();
        let gguf = model_files::gguf::Gguf::parse(&whole).unwrap();
        let first = gguf.tensor("token_embd.weight").unwrap();
        // Where the shapes, types and offsets of the tensors are.
        let tensors = whole
            .windows(first.name.len())
            .position(|window| window == first.name.as_bytes())
            .unwrap();
        let (mut random, mut counts) = (Random::new(9), Counts::default());
        for round in 0..ROUNDS {
            let mut bytes = whole.clone();
            if round % 3 == 0 {
                bytes.truncate(random.below(bytes.len()));
            } else {
                let at = tensors + random.below(4000);
                bytes[at] = *random.of(&[0, 1, 7, 0x7F, 0x80, 0xFF]);
            }
            let files = ModelFiles {
                name: "damaged".into(),
                weights: WeightFiles::Gguf(Box::new(bytes)),
                config: None,
                tokenizer: None,
                tokenizer_config: None,
                generation_config: None,
                chat_template: None,
            };
            let options = on_cpu(Precision::Auto);
            counts.count(Session::load(files, &options, &mut |_| ()));
        }
        println!("GGUF: {counts:?}");
        assert!(counts.refused > ROUNDS / 3, "{counts:?}");
    });
}

#[test]
fn sizes_that_the_weights_do_not_have_ask_for_no_memory() {
    limited("damage::sizes_that_the_weights_do_not_have_ask_for_no_memory", || {
        let whole = small();
        let config: serde_json::Value = serde_json::from_slice(&whole.config).unwrap();
        // Each is allowed in a configuration, and far larger than the weights.
        for (name, size) in [
            ("vocab_size", 1u32 << 22),
            ("hidden_size", 1 << 16),
            ("intermediate_size", 1 << 20),
            ("num_attention_heads", 1 << 12),
            ("num_hidden_layers", 1 << 10),
            ("head_dim", 1 << 12),
        ] {
            let mut changed = config.clone();
            changed[name] = size.into();
            let config = changed.to_string().into_bytes();
            for precision in [Precision::Q8, Precision::F32] {
                let files = Files { config: config.clone(), ..whole.clone() };
                let error = load(files, precision).unwrap_err();
                assert!(
                    matches!(
                        error,
                        EngineError::ModelFile(
                            ModelFileError::Mismatch(_) | ModelFileError::Config(_)
                        )
                    ),
                    "{name}: {error:?}"
                );
            }
        }
    });
}

#[test]
fn a_text_that_memory_has_no_room_for_is_refused_and_the_next_is_read() {
    let name =
        "damage::a_text_that_memory_has_no_room_for_is_refused_and_the_next_is_read";
    limited(name, || {
        let mut session = load(small(), Precision::Q8).unwrap();
        session.read(&[ReadRequest::whole(0, &[5, 6])]).unwrap();
        if cfg!(target_os = "linux") {
            let ids = vec![5; 1 << 25];
            let error = session.read(&[ReadRequest::whole(0, &ids)]).unwrap_err();
            assert!(matches!(error, EngineError::OutOfMemory(_)), "{error:?}");
            assert_eq!(error.failure().code, ErrorCode::OutOfMemory);
        }
        session.read(&[ReadRequest::whole(0, &[5, 6, 7])]).unwrap();
        assert_eq!(session.cached_tokens(0, &[5, 6, 7]), 3);
    });
}
