//! Sessions whose logits stay on the device, compared with those whose logits do not. The
//! device is the CPU here: a GPU runs the same candle operations.

use candle_core::Device;
use inference::Logits;
use inference::candle_decoder::CandleDecoder;
use inference::distribution::{SamplerContext, View};
use inference::reference::ReferenceLogits;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use model_files::{BoxedFile, ModelFiles, WeightFiles};
use protocol::{Distribution, Precision, SamplerSettings, TokenId, Verification};
use random_model::{Kind, Shape};

use super::model::Model;
use super::*;

pub(super) fn session(precision: Precision) -> Session {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let files = ModelFiles {
        name: "tiny".into(),
        weights: WeightFiles::Safetensors(vec![Box::new(files.safetensors)]),
        config: Some(files.config),
        tokenizer: Some(files.tokenizer),
        tokenizer_config: Some(files.tokenizer_config),
        generation_config: None,
        chat_template: None,
    };
    let options = LoadOptions {
        precision,
        device: Device::Cpu,
        device_name: "CPU".into(),
        threads: 1,
        start_thread: |_| false,
        clock_ms: || 0.0,
    };
    Session::load(files, &options, &mut |_| ()).unwrap()
}

/// The same session, with logits that stay on the device.
fn session_with_logits_on_device(precision: Precision) -> Session {
    let files = random_model::files(&Shape::tiny(), Kind::Instruct, 1);
    let config = Config::from_json(&files.config).unwrap();
    let shards: Vec<BoxedFile> = vec![Box::new(files.safetensors)];
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
    let model = CandleDecoder::new(config, &mut source, &Device::Cpu, &mut |_, _| ());
    let mut model = model.unwrap();
    model.leave_logits_on_device(true);
    Session { model: Model::Here(Box::new(model)), ..session(precision) }
}

pub(super) fn next(
    session: &mut Session,
    ids: &[TokenId],
    temperature: f32,
) -> Distribution {
    session.read(&[ReadRequest::whole(0, ids)]).unwrap();
    let settings = SamplerSettings { temperature, top_k: 20, ..Default::default() };
    let position = ids.len() as u32;
    let view = View {
        settings: &settings,
        position,
        candidates: 8,
        watch: &[7, 200],
        context: SamplerContext::default(),
    };
    session.distribution(0, ids, view).unwrap()
}

#[test]
fn logits_that_stay_on_the_device_give_what_logits_in_memory_give() {
    for precision in [Precision::F32, Precision::F16, Precision::Bf16] {
        let mut here = session(precision);
        let mut there = session_with_logits_on_device(precision);
        let mut ids = vec![50, 60, 70];
        for step in 0..8 {
            let (a, b) = (next(&mut there, &ids, 0.7), next(&mut here, &ids, 0.7));
            let ids_and_ranks = |d: &Distribution| -> Vec<(TokenId, u32, f32)> {
                let all = d.candidates.iter().chain(&d.watched);
                all.map(|c| (c.token.id, c.rank, c.logit)).collect()
            };
            assert_eq!(ids_and_ranks(&a), ids_and_ranks(&b), "step {step}");
            assert_eq!(a.sampled.token.id, b.sampled.token.id);
            assert!((a.entropy_bits - b.entropy_bits).abs() < 1e-4);
            // With another setting, nothing is read again.
            let read = there.forward_tokens();
            assert_eq!(next(&mut there, &ids, 0.0).greedy, b.greedy);
            assert_eq!(there.forward_tokens(), read);
            ids.push(b.sampled.token.id);
        }
        let scores = |session: &mut Session| session.scores(0, &ids, 1..9).unwrap();
        for (a, b) in scores(&mut there).iter().zip(scores(&mut here)) {
            let (a, b) = (a.score.unwrap(), b.score.unwrap());
            assert_eq!(a.rank, b.rank);
            assert!((a.surprisal_bits - b.surprisal_bits).abs() < 1e-4);
        }
    }
}

/// The verification of what a session computed last.
fn verify(session: &Session, ids: &[TokenId]) -> Verification {
    let logits = session.last_logits(0, ids.len()).unwrap().unwrap();
    let mut reference = ReferenceLogits::new(ids);
    let reference = loop {
        if let Some(logits) = session.step_reference(&mut reference).unwrap() {
            break logits;
        }
    };
    session.verification(ids.len(), &logits, &reference, 20).unwrap()
}

#[test]
fn a_wrong_number_is_found_whatever_computed_it() {
    let ids = [50, 60, 70, 80];
    for mut session in [
        session(Precision::F32),
        session(Precision::Q8),
        session_with_logits_on_device(Precision::F32),
        session_with_logits_on_device(Precision::Bf16),
    ] {
        next(&mut session, &ids, 0.7);
        let right = verify(&session, &ids);
        assert!(right.largest_difference < 0.01, "{right:?}");
        let mut values = session.last_logits(0, 4).unwrap().unwrap();
        values[42] += 3.0;
        let vocab_size = values.len();
        let wrong = Logits::Host { values, vocab_size };
        session.sequences[0].logits = Some((4, wrong));
        let found = verify(&session, &ids);
        assert_eq!(found.largest.token.id, 42);
        assert!(found.largest_difference > 10.0 * right.largest_difference, "{found:?}");
        assert!(found.divergence_nats > 1e-3, "{found:?}");
        assert!(found.changed_ranks > 0, "{found:?}");
    }
}

#[test]
fn the_described_precision_is_that_of_the_weights_in_memory() {
    let described = |precision| session(precision).description().precision.clone();
    assert_eq!(described(Precision::F32), "F32");
    for (precision, name) in [(Precision::F16, "F16"), (Precision::Bf16, "BF16")] {
        let shown = described(precision);
        let mut formats: Vec<&str> = shown.split(" + ").collect();
        formats.sort_unstable();
        let mut expected = [name, "F32"];
        expected.sort_unstable();
        assert_eq!(formats, expected);
    }
    assert_eq!(described(Precision::Auto), "Q8_0");
}

#[test]
fn a_sequence_that_continues_much_shorter_frees_its_memory() {
    for precision in [Precision::F32, Precision::Q8] {
        let mut session = session(precision);
        let limits = CacheLimits { sequences: 1, bytes: u64::MAX };
        let ids: Vec<TokenId> = (0..400).map(|i| 50 + i % 100).collect();
        let mut bytes = Vec::new();
        let mut text = Vec::new();
        for length in [400, 220, 120, 60, 30] {
            text = [&ids[..length], &[20]].concat();
            let slot = session.acquire(&text, Some(1), limits).unwrap();
            assert_eq!(slot, Some(0));
            let before = session.forward_tokens();
            session.read(&[ReadRequest::whole(0, &text)]).unwrap();
            let read = session.forward_tokens() - before;
            assert!(length == 400 || read == 1, "{read} tokens were read");
            session.release(0);
            bytes.push(session.cache_bytes() / session.bytes_per_token());
        }
        assert_eq!(bytes, [401, 401, 121, 121, 31]);
        let after = next(&mut session, &text, 0.0);
        let mut fresh = self::session(precision);
        let expected = next(&mut fresh, &text, 0.0);
        assert_eq!(after.greedy, expected.greedy);
        assert!((after.entropy_bits - expected.entropy_bits).abs() < 1e-3);
    }
}
