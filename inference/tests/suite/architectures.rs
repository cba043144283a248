//! The decoder against Python transformers: tiny random checkpoints of every
//! architecture, each with the logits that transformers printed (`fixtures/`).

use std::path::{Path, PathBuf};

use candle_core::Device;
use inference::candle_decoder::CandleDecoder;
use inference::{LanguageModel, Logits, ModelWeights, Part};
use model_files::BoxedFile;
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use protocol::Precision;
use serde::Deserialize;

/// The largest difference of a logit in f32 that passes.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) ids: Vec<u32>,
    /// After each id, over the vocabulary.
    pub(crate) logits: Vec<Vec<f32>>,
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("config.json").exists())
        .collect();
    folders.sort();
    folders
}

pub(crate) fn decoder(folder: &Path, precision: Precision) -> CandleDecoder {
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let config = Config::from_json(&config).unwrap();
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let shards: Vec<BoxedFile> = vec![Box::new(bytes)];
    let placement = Placement { precision, device: Device::Cpu };
    let mut source = SafetensorsSource::new(&shards, &config, placement).unwrap();
    CandleDecoder::new(config, &mut source, &Device::Cpu, &mut |_, _| ()).unwrap()
}

/// Appends ids to the first slot; returns the logits after each of them.
pub(crate) fn read(model: &mut dyn LanguageModel, ids: &[u32]) -> Vec<Vec<f32>> {
    let states = model.read(&[Part { slot: 0, ids }]).unwrap();
    logits(model, &states)
}

/// The logits of each of some hidden states.
fn logits(model: &mut dyn LanguageModel, states: &[f32]) -> Vec<Vec<f32>> {
    match model.logits(states).unwrap() {
        Logits::Host { values, vocab_size } => {
            values.chunks_exact(vocab_size).map(<[f32]>::to_vec).collect()
        }
        Logits::Device(logits) => logits.to_vec2().unwrap(),
        Logits::Listed(listed) => vec![listed.whole().unwrap()],
    }
}

pub(crate) fn check(name: &str, way: &str, actual: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(actual.len(), expected.len(), "{name}, {way}");
    let mut worst = 0f32;
    for (position, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(actual.len(), expected.len(), "{name}, {way}: vocabulary");
        for (id, (a, e)) in actual.iter().zip(expected).enumerate() {
            let difference = (a - e).abs();
            assert!(
                difference < TOLERANCE,
                "{name}, {way}: position {position}, id {id}: {a} instead of {e}"
            );
            worst = worst.max(difference);
        }
    }
    println!("{name}, {way}: largest difference {worst:.1e}");
}

/// The logits of `ids`, read in four parts, each in one pass with parts of other
/// sequences; the last two parts in a copy of the sequence.
pub(crate) fn beside_others(
    model: &mut dyn LanguageModel,
    ids: &[u32],
    others: &[u32],
) -> Vec<Vec<f32>> {
    let mut all = Vec::new();
    let quarter = ids.len().div_ceil(4);
    for (part_index, ids) in ids.chunks(quarter).enumerate() {
        let slot = if part_index < 2 { 1 } else { 3 };
        if part_index == 2 {
            model.copy(1, 3, 2 * quarter).unwrap();
            model.truncate(1, 3);
        }
        let parts = [
            Part { slot: 2, ids: others },
            Part { slot, ids },
            Part { slot: 4, ids: others },
        ];
        let states = model.read(&parts).unwrap();
        let width = model.state_size();
        let own_states = others.len() * width..(others.len() + ids.len()) * width;
        all.extend(logits(model, &states[own_states]));
    }
    assert_eq!(model.cached(3), ids.len());
    all
}

/// Calls a test with each fixture's name, folder and expectations.
pub(crate) fn for_each_fixture(test: impl Fn(&str, &Path, Expected)) {
    let folders = fixtures();
    assert!(folders.len() >= 30, "only {} fixtures were found", folders.len());
    for folder in folders {
        let json = std::fs::read(folder.join("expected.json")).unwrap();
        let expected = serde_json::from_slice(&json).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        test(&name, &folder, expected);
    }
}

#[test]
fn one_prefill_gives_the_logits_of_transformers() {
    for_each_fixture(|name, folder, expected| {
        let logits = read(&mut decoder(folder, Precision::F32), &expected.ids);
        check(name, "one prefill", &logits, &expected.logits);
    });
}

#[test]
fn token_by_token_gives_the_logits_of_transformers() {
    for_each_fixture(|name, folder, expected| {
        let mut decoder = decoder(folder, Precision::F32);
        let one = |id: &u32| read(&mut decoder, &[*id]).remove(0);
        let logits: Vec<_> = expected.ids.iter().map(one).collect();
        check(name, "token by token", &logits, &expected.logits);
    });
}

#[test]
fn truncating_and_going_on_gives_the_logits_of_transformers() {
    for_each_fixture(|name, folder, expected| {
        let mut decoder = decoder(folder, Precision::F32);
        let ids = &expected.ids;
        let middle = ids.len() / 2;
        read(&mut decoder, ids);
        // Another continuation, longer than the text itself, then back to the text.
        decoder.truncate(0, middle);
        let other: Vec<u32> = ids.iter().rev().chain(ids).copied().collect();
        read(&mut decoder, &other);
        decoder.truncate(0, middle);
        assert_eq!(decoder.cached(0), middle);
        let logits = read(&mut decoder, &ids[middle..]);
        check(name, "after truncating", &logits, &expected.logits[middle..]);
    });
}

#[test]
fn sequences_beside_each_other_have_the_logits_that_each_has_alone() {
    for_each_fixture(|name, folder, expected| {
        let mut decoder = decoder(folder, Precision::F32);
        let other: Vec<u32> = expected.ids.iter().rev().copied().collect();
        let logits = beside_others(&mut decoder, &expected.ids, &other);
        check(name, "beside others", &logits, &expected.logits);
    });
}

/// The root mean square error of all logits, relative to the expected ones.
fn relative_error(logits: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    let (mut error, mut power) = (0.0, 0.0);
    for (a, e) in logits.iter().flatten().zip(expected.iter().flatten()) {
        error += (a - e).powi(2);
        power += e.powi(2);
    }
    (error / power).sqrt()
}

#[test]
fn eight_bits_stay_close_to_f32() {
    for_each_fixture(|name, folder, expected| {
        let logits = read(&mut decoder(folder, Precision::Q8), &expected.ids);
        // The weights are random, and small matrices do not average errors out: some
        // percent. A mistake in a block or its padding gives an error of about 1.
        let relative = relative_error(&logits, &expected.logits);
        println!("{name}, 8-bit: relative error of the logits {relative:.4}");
        assert!(relative < 0.1, "{name}: {relative}");
    });
}

#[test]
fn sixteen_bits_stay_within_their_rounding_of_f32() {
    // An f16 has 11 significant bits, a bf16 has 8; about ten roundings add up.
    for (precision, limit) in [(Precision::F16, 0.005), (Precision::Bf16, 0.04)] {
        for_each_fixture(|name, folder, expected| {
            let mut decoder = decoder(folder, precision);
            let other: Vec<u32> = expected.ids.iter().rev().copied().collect();
            let logits = beside_others(&mut decoder, &expected.ids, &other);
            let relative = relative_error(&logits, &expected.logits);
            println!("{name}, {precision:?}: relative error {relative:.5}");
            assert!(relative < limit, "{name}, {precision:?}: {relative}");
        });
    }
}

#[test]
fn sixteen_bits_take_half_the_memory_but_for_embeddings_and_head() {
    for_each_fixture(|name, folder, _| {
        let wide = decoder(folder, Precision::F32);
        if wide.config().recurring().is_some() {
            // States are kept in f32.
            return;
        }
        let wide = wide.bytes_per_token();
        let narrow = decoder(folder, Precision::F16).bytes_per_token();
        assert_eq!(wide, 2 * narrow, "{name}: keys and values of a token");
    });
}
