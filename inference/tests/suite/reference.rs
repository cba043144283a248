//! Logits that are computed once more, block by block: against the candle decoder in f32,
//! for every architecture. The tests of the fused decoder do the same over packed weights.

use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::distribution::compare;
use inference::fused_decoder::FusedDecoder;
use inference::reference::ReferenceLogits;
use inference::{InferenceError, LanguageModel, Logits, Part};
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use protocol::Precision;
use test_support::limited;

use crate::architectures::{decoder, for_each_fixture, read};
use crate::models::{fused_alone, reference};

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_candle_decoder_in_f32_has_the_same_logits_in_every_architecture() {
    for_each_fixture(|name, folder, expected| {
        let mut decoder = decoder(folder, Precision::F32);
        // A short text, one of all tokens, and one in the middle.
        for length in [1, expected.ids.len() / 2, expected.ids.len()] {
            let (logits, _) = reference(&decoder, &expected.ids[..length]);
            let own = read_afresh(&mut decoder, &expected.ids[..length]);
            let difference = largest_difference(&logits, &own);
            assert!(difference < 1e-5, "{name}, {length} tokens: {difference}");
        }
    });
}

/// The logits after `ids`, read without what was read before.
fn read_afresh(model: &mut dyn LanguageModel, ids: &[u32]) -> Vec<f32> {
    model.truncate(0, 0);
    read(model, ids).pop().unwrap()
}

#[test]
fn sixteen_bit_weights_are_widened() {
    for_each_fixture(|name, folder, expected| {
        let mut narrow = decoder(folder, Precision::Bf16);
        let (logits, _) = reference(&narrow, &expected.ids);
        let own = read_afresh(&mut narrow, &expected.ids);
        let comparison = compare(&own, &logits, 10).unwrap();
        assert!(comparison.divergence_nats < 0.02, "{name}: {comparison:?}");
    });
}

#[test]
fn a_wrong_weight_shows() {
    for_each_fixture(|name, folder, expected| {
        if name != "llama" {
            return;
        }
        let right = decoder(folder, Precision::F32);
        let mut bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
        // The last number of the last tensor.
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&30f32.to_le_bytes());
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let config = Config::from_json(&config).unwrap();
        let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
        let placement = Placement { precision: Precision::F32, device: Device::Cpu };
        let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
        let mut wrong =
            CandleDecoder::new(config, &mut source, &Device::Cpu, &mut |_, _| ())
                .unwrap();
        let (logits, _) = reference(&right, &expected.ids);
        let own = read_afresh(&mut wrong, &expected.ids);
        assert!(compare(&own, &logits, 10).unwrap().divergence_nats > 1e-4);
    });
}

#[test]
fn a_long_text_takes_many_short_steps() {
    for_each_fixture(|name, folder, _| {
        if name != "llama" {
            return;
        }
        let mut fused: FusedDecoder = fused_alone(folder, Precision::Q8);
        let ids: Vec<u32> = (0..200).map(|index| index * 31 % 90).collect();
        let (logits, steps) = reference(&fused, &ids);
        assert!(steps > 10, "{steps}");
        let comparison = compare(&read_afresh(&mut fused, &ids), &logits, 10).unwrap();
        assert!(comparison.divergence_nats < 1e-4, "{comparison:?}");
    });
}

#[test]
fn without_room_it_is_refused_and_the_model_goes_on() {
    limited("reference::without_room_it_is_refused_and_the_model_goes_on", || {
        for_each_fixture(|name, folder, _| {
            if name != "llama" {
                return;
            }
            let mut model = decoder(folder, Precision::F32);
            let ids = vec![7; 20_000_000];
            let mut reference = ReferenceLogits::new(&ids);
            let refused = loop {
                match reference.step(&model) {
                    Ok(logits) => assert!(logits.is_none()),
                    Err(refused) => break refused,
                }
            };
            assert!(matches!(refused, InferenceError::NoRoomToVerify), "{refused:?}");
            drop(reference);
            let states = model.read(&[Part { slot: 0, ids: &[5, 6, 7] }]).unwrap();
            assert!(matches!(model.logits(&states).unwrap(), Logits::Host { .. }));
        });
    });
}
